import { ask } from '../api/client.js';
import { announce } from '../parts/announce.js';
import { DeleteButton, focusMain } from '../parts/delete-button.js';
import { plural } from '../parts/figures.js';
import { Refused } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';
import { ExclusiveOfLibrary, type Library, RemoveLibrary } from './operations.js';

export function RemoveButton({ library, onRemoved }: { library: Library; onRemoved: () => void }) {
  const { id, name } = library;
  const work = async () => {
    const { removeLibrary: gone } = await ask(RemoveLibrary, { id });
    announce(`The library ${name} is removed, with ${plural(gone.deletedImageCount, 'photo')} of the collection.`);
  };
  return (
    <DeleteButton
      label="Remove library"
      name={`Remove library: ${name}`}
      question={`Remove the library ${name}?`}
      work={work}
      onDeleted={() => {
        focusMain();
        onRemoved();
      }}
    >
      <WhatGoes library={library} />
    </DeleteButton>
  );
}

function WhatGoes({ library: { id, root } }: { library: Library }) {
  const { data, error } = useAnswer(ExclusiveOfLibrary, { id });
  const exclusive = data?.library?.exclusiveImageCount;
  return (
    <>
      <p>
        {exclusive === undefined
          ? 'What the collection knows of its photos is deleted, where nobody else has them.'
          : `What the collection knows of ${plural(exclusive, 'photo')} is deleted: what models wrote, what was computed, and their small copies.`}
      </p>
      <Refused error={error} />
      <p>
        The files in {root} are not touched. What people wrote stays. The library goes to the trash, from where you can
        restore it.
      </p>
    </>
  );
}

import { ask } from '../api/client.js';
import { announce } from '../parts/announce.js';
import { DeleteButton, focusMain } from '../parts/delete-button.js';
import { plural } from '../parts/figures.js';
import { Refused } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';
import { type Dataset, Delete, Exclusive, isDrawn } from './operations.js';

export function DeleteDataset({ dataset, onDeleted }: { dataset: Dataset; onDeleted: () => void }) {
  const { id, name } = dataset;
  const work = async () => {
    const { deleteDataset: gone } = await ask(Delete, { id });
    announce(
      `The data set ${name} is deleted, with ${plural(gone.captionCount, 'caption')} and ${plural(gone.deletedImageCount, 'photo')}.`,
    );
  };
  return (
    <DeleteButton
      label="Delete data set"
      name={`Delete data set: ${name}`}
      question={`Delete the data set ${name}?`}
      work={work}
      onDeleted={() => {
        focusMain();
        onDeleted();
      }}
    >
      <WhatGoes dataset={dataset} />
    </DeleteButton>
  );
}

function WhatGoes({ dataset }: { dataset: Dataset }) {
  const { id, origin, imageCount, captionCount } = dataset;
  const { data, error } = useAnswer(Exclusive, { id });
  const exclusive = data?.dataset?.exclusiveImageCount;
  return (
    <>
      <p>
        {exclusive === undefined
          ? 'Its captions are deleted, and those of its photos that nobody else has.'
          : `${plural(captionCount, 'caption')} and ${plural(exclusive, 'photo')} are deleted, with what models wrote about these photos, what was computed of them, and their small copies.`}
      </p>
      <Refused error={error} />
      {exclusive !== undefined && exclusive < imageCount && (
        <p>
          {plural(imageCount - exclusive, 'other photo')} of it {imageCount - exclusive === 1 ? 'stays' : 'stay'}: in
          another data set, or uploaded or captioned by people.
        </p>
      )}
      <p>
        What people wrote here stays, and so do the models that learned from it and the figures of their reports.{' '}
        {isDrawn(dataset) ? '' : `The files in ${origin} are not touched. `}It goes to the trash, from where you can
        restore it.
      </p>
    </>
  );
}

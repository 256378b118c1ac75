import { ask } from '../api/client.js';
import { announce } from '../parts/announce.js';
import { ConfirmButton } from '../parts/confirm-button.js';
import { plural } from '../parts/figures.js';
import { AdoptCaptions, type Library } from './operations.js';

/** Makes what the files of a library say captions of people, which trainings learn from. */
export function AdoptButton({ library: { id, name } }: { library: Library }) {
  const adopt = async () => {
    const { adopted, without } = (await ask(AdoptCaptions, { library: id })).adoptFileCaptions;
    announce(`${plural(adopted, 'caption')} of ${name} adopted; ${plural(without, 'photo')} had none.`);
  };
  return (
    <ConfirmButton
      label="Adopt captions"
      name={`Adopt captions of ${name}`}
      question={`Adopt the captions in the files of ${name}?`}
      doing="Adopting"
      work={adopt}
      onDone={() => undefined}
    >
      <p>
        Captions that stand in the photos’ files are shown and searched. Once adopted, they count as captions of people:
        trainings learn from them. Look at some first, as they may hold credits or names of files.
      </p>
    </ConfirmButton>
  );
}

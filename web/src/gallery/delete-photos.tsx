import type { ComponentChildren } from 'preact';
import { ask } from '../api/client.js';
import { graphql } from '../api/graphql.js';
import { may } from '../api/viewer.js';
import { announce } from '../parts/announce.js';
import { DeleteButton } from '../parts/delete-button.js';
import { plural } from '../parts/figures.js';

const Delete = graphql(`
  mutation DeletePhotos($ids: [ID!]!) {
    deleteImages(input: { ids: $ids, confirm: true }) {
      images
    }
  }
`);

interface DeletePhotosProps {
  readonly imageIds: ReadonlySet<string>;
  readonly onDeleted: () => void;
  /** What is known of the captions and ratings that go with them. */
  readonly children?: ComponentChildren;
}

export function DeletePhotos({ imageIds, onDeleted, children }: DeletePhotosProps) {
  if (!may('WRITE')) return null;
  const isOne = imageIds.size === 1;
  return (
    <DeleteButton
      label={isOne ? 'Delete photo' : 'Delete photos'}
      question={isOne ? 'Delete this photo?' : `Delete these ${plural(imageIds.size, 'photo')}?`}
      work={async () => {
        await ask(Delete, { ids: [...imageIds] });
      }}
      onDeleted={() => {
        announce(isOne ? 'The photo is deleted.' : `${plural(imageIds.size, 'photo')} are deleted.`);
        onDeleted();
      }}
    >
      {children ?? (
        <>
          <p>
            With {isOne ? 'it' : 'them'} go all captions and ratings, those of people too, what was computed, and the
            small copies.
          </p>
          <p>Importing a data set again brings back its photos with their captions there, and nothing else.</p>
        </>
      )}
      <p>
        Figures of reports stay as they were measured. You can restore {isOne ? 'it' : 'them'} from the trash, which is
        in the view of the data sets.
      </p>
    </DeleteButton>
  );
}

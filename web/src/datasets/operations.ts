/** What the page asks of data sets. */
import { graphql, type ResultOf } from '../api/graphql.js';

export const DatasetList = graphql(`
  query DatasetList {
    datasets {
      id
      name
      origin
      format
      language
      importedAt
      imageCount
      captionCount
      splits {
        train
        dev
        test
      }
    }
  }
`);
export type Dataset = ResultOf<typeof DatasetList>['datasets'][number];

/** Scenes come from no folder. */
export const isDrawn = ({ format }: Dataset): boolean => format === 'scenes';

export const Rename = graphql(`
  mutation RenameDataset($id: ID!, $name: String!) {
    renameDataset(input: { id: $id, name: $name }) {
      id
    }
  }
`);

/** What goes with a data set. It takes longer to count than the rest. */
export const Exclusive = graphql(`
  query Exclusive($id: ID!) {
    dataset(id: $id) {
      exclusiveImageCount
    }
  }
`);

export const Delete = graphql(`
  mutation DeleteDataset($id: ID!) {
    deleteDataset(input: { id: $id, confirm: true }) {
      captionCount
      deletedImageCount
    }
  }
`);

export const Trash = graphql(`
  query Trash {
    trash {
      id
      name
      images
      captions
      deletedAt
      expiresAt
    }
  }
`);

export const Restore = graphql(`
  mutation RestoreFromTrash($id: ID!) {
    restoreFromTrash(input: { id: $id }) {
      images
    }
  }
`);

export const DeleteForGood = graphql(`
  mutation EmptyTrash($ids: [ID!]!) {
    emptyTrash(input: { ids: $ids, confirm: true })
  }
`);

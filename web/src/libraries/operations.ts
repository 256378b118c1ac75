/** What the page asks of libraries, and of jobs on their photos. */
import { graphql, type ResultOf } from '../api/graphql.js';

export const LibraryList = graphql(`
  query LibraryList {
    libraries {
      id
      name
      root
      watch
      scannedAt
      imageCount
      missingCount
      problemCount
      scanError {
        message
      }
      scanReport {
        problems {
          message
        }
      }
    }
  }
`);
export type Library = ResultOf<typeof LibraryList>['libraries'][number];

/** What goes with a library. It takes longer to count than the rest. */
export const ExclusiveOfLibrary = graphql(`
  query ExclusiveOfLibrary($id: ID!) {
    library(id: $id) {
      exclusiveImageCount
    }
  }
`);

export const AddLibrary = graphql(`
  mutation AddLibrary($path: String!, $watch: Boolean!) {
    addLibrary(input: { path: $path, watch: $watch }) {
      id
      name
    }
  }
`);

export const ScanLibrary = graphql(`
  mutation ScanLibrary($id: ID!) {
    scanLibrary(input: { id: $id }) {
      id
    }
  }
`);

export const RemoveLibrary = graphql(`
  mutation RemoveLibrary($id: ID!) {
    removeLibrary(input: { id: $id, confirm: true }) {
      deletedImageCount
    }
  }
`);

export const AdoptCaptions = graphql(`
  mutation AdoptCaptions($library: String!) {
    adoptFileCaptions(input: { library: $library }) {
      adopted
      without
    }
  }
`);

export const WriteCaptions = graphql(`
  mutation WriteCaptions($input: ExportXmpInput!) {
    exportXmp(input: $input) {
      id
    }
  }
`);

export const JobProgress = graphql(`
  subscription JobProgress($jobId: ID!) {
    jobProgress(jobId: $jobId) {
      id
      state
      done
      total
      error {
        message
      }
      scanReport {
        added
        moved
        changed
        retold
        returned
        missing
      }
      xmpExportReport {
        written
        same
        kept
        uncaptioned
        noFile
        failed
        problems
      }
    }
  }
`);
export type FollowedJob = ResultOf<typeof JobProgress>['jobProgress'];

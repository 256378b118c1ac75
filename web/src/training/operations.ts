/** What the page asks of trainings. */
import { graphql, type ResultOf } from '../api/graphql.js';

export const EpochFields = graphql(`
  fragment EpochFields on TrainingEpoch @_unmask {
    epoch
    loss
    reward
    bleu
    cider
    retrieval {
      textToImage {
        recall
        medianRank
      }
      imageToText {
        recall
      }
    }
    best
    seconds
    secondsLeft
    samples {
      imageName
      caption
      image {
        id
        url
        width
        height
      }
    }
  }
`);
export type Epoch = ResultOf<typeof EpochFields>;

const StageFields = graphql(`
  fragment StageFields on TrainingStageProgress @_unmask {
    stage
    doneCount
    totalCount
    estimatedSeconds
  }
`);

export const JobFields = graphql(
  `
    fragment JobFields on TrainingJob @_unmask {
      id
      name
      task
      state
      trainedOn
      createdAt
      stoppedEarly
      fromModel {
        name
      }
      settings {
        epochs
        seed
        phases {
          objective
          epochs
        }
      }
      started {
        imageCount
        captionCount
        stepsPerEpoch
        engine
        device
        explanation
      }
      progress {
        step
        epoch
        loss
        imagesPerSecond
        secondsLeft
      }
      currentStage {
        ...StageFields
      }
      outcome {
        found
        used
      }
      error {
        message
      }
      model {
        id
        name
        current
        shipped
      }
    }
  `,
  [StageFields],
);
export type Job = ResultOf<typeof JobFields>;

export const Jobs = graphql(
  `
    query Jobs($after: String) {
      trainingJobs(first: 50, after: $after) {
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            ...JobFields
          }
        }
      }
    }
  `,
  [JobFields],
);

export const JobEpochs = graphql(
  `
    query JobEpochs($id: ID!) {
      trainingJob(id: $id) {
        id
        name
        epochs {
          ...EpochFields
        }
      }
    }
  `,
  [EpochFields],
);

/** What a training can go on from. */
export const Bases = graphql(`
  query Bases {
    models(first: 50, filter: { task: CAPTION }) {
      edges {
        node {
          id
          name
        }
      }
    }
  }
`);

export const Corrections = graphql(`
  query Corrections {
    corrections {
      photos
      sinceModel
      needed
      offered
    }
  }
`);

export const Start = graphql(`
  mutation Start($input: StartTrainingInput!) {
    startTraining(input: $input) {
      id
    }
  }
`);

export const Cancel = graphql(`
  mutation Cancel($jobId: ID!) {
    cancelTraining(input: { jobId: $jobId }) {
      id
      state
    }
  }
`);

export const Pause = graphql(`
  mutation Pause($jobId: ID!) {
    pauseTraining(input: { jobId: $jobId }) {
      id
      state
    }
  }
`);

export const Resume = graphql(`
  mutation Resume($jobId: ID!) {
    resumeTraining(input: { jobId: $jobId }) {
      id
      state
    }
  }
`);

export const Progress = graphql(
  `
    subscription Progress($jobId: ID!, $afterEpoch: Int!) {
      trainingProgress(jobId: $jobId, afterEpoch: $afterEpoch) {
        __typename
        ... on TrainingJob {
          ...JobFields
        }
        ... on TrainingEpoch {
          ...EpochFields
        }
        ... on TrainingStep {
          step
          epoch
          loss
          imagesPerSecond
          secondsLeft
        }
        ... on TrainingStageProgress {
          ...StageFields
        }
        ... on TrainingStarted {
          imageCount
          captionCount
          stepsPerEpoch
          engine
          device
          explanation
        }
        ... on TrainingSample {
          epoch
          imageName
          caption
        }
      }
    }
  `,
  [JobFields, EpochFields, StageFields],
);
export type ProgressEvent = ResultOf<typeof Progress>['trainingProgress'];

const ENDED: ReadonlySet<Job['state']> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

export const hasEnded = (state: Job['state']): boolean => ENDED.has(state);

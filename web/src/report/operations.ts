/** What the page asks of reports. */
import { graphql, type ResultOf } from '../api/graphql.js';

export const Models = graphql(`
  query Models($after: String) {
    models(first: 50, after: $after) {
      edges {
        node {
          id
          name
          createdAt
          current
          shipped
          vocabularySize
        }
      }
    }
  }
`);
export type Model = ResultOf<typeof Models>['models']['edges'][number]['node'];

export const Report = graphql(`
  query Report($modelId: ID!, $split: Split!) {
    bleuReport(modelId: $modelId, split: $split) {
      bleu
      brevityPenalty
      cider
      rougeL
      images
      measuredAt
      origin
      signature
      model {
        id
        name
      }
    }
  }
`);
export type Measured = ResultOf<typeof Report>['bleuReport'];

export const Evaluate = graphql(`
  mutation Evaluate($modelId: ID!, $split: Split!) {
    evaluateModel(modelId: $modelId, split: $split) {
      measuredAt
    }
  }
`);

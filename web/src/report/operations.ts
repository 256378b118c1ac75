/** What the page asks of reports. */
import { graphql, type ResultOf, type VariablesOf } from '../api/graphql.js';

export const Models = graphql(`
  query Models($after: String) {
    models(first: 50, after: $after, filter: { task: CAPTION }) {
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

const FigureFields = graphql(`
  fragment FigureFields on MetricFigure @_unmask {
    key
    name
    value
    highest
    low
    high
  }
`);
export type Figure = ResultOf<typeof FigureFields>;

const IntervalFields = graphql(`
  fragment IntervalFields on MetricInterval @_unmask {
    low
    high
  }
`);

export const Report = graphql(
  `
    query Report($modelId: ID!, $split: Split!, $dataset: String) {
      bleuReport(modelId: $modelId, split: $split, dataset: $dataset) {
        brevityPenalty
        images
        dataset
        measuredOn
        measuredAt
        origin
        signature
        model {
          id
          name
        }
        metrics {
          ...FigureFields
        }
        ceiling {
          metrics {
            ...FigureFields
          }
        }
        diversity {
          distinctCaptions
          lengths
          meanLength
          novel
          vocabulary
        }
        agreement {
          captions
          metrics {
            metric
            name
            spearman
          }
        }
      }
    }
  `,
  [FigureFields],
);
export type Measured = ResultOf<typeof Report>['bleuReport'];

/**
 * Which photos are asked about; those of all data sets, or else whatever was measured last, where `dataset` is null.
 */
export type Asked = Required<Pick<VariablesOf<typeof Report>, 'split' | 'dataset'>>;

/** A model beside another, on the photos that both have captioned. */
export const Comparison = graphql(
  `
    query Comparison($modelId: ID!, $other: ID!, $split: Split!, $dataset: String) {
      bleuReport(modelId: $modelId, compareTo: $other, split: $split, dataset: $dataset) {
        comparison {
          images
          differences {
            metric
            name
            difference
            pValue
            interval {
              ...IntervalFields
            }
          }
        }
      }
    }
  `,
  [IntervalFields],
);

/** Single captions of a model, with what others wrote about the same photos. */
export const Extremes = graphql(`
  query Extremes($modelId: ID!, $split: Split!, $dataset: String, $first: Int!, $after: String, $worstFirst: Boolean!) {
    bleuReport(modelId: $modelId, split: $split, dataset: $dataset) {
      captions(first: $first, after: $after, orderBy: { worstFirst: $worstFirst }) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            text
            cider
            bleu
            image {
              id
              name
              url
              width
              height
              referenceCaptions {
                id
                text
                origin
              }
              generatedCaptions {
                text
                model {
                  id
                }
              }
            }
          }
        }
      }
    }
  }
`);
export type Extreme = ResultOf<typeof Extremes>['bleuReport']['captions']['edges'][number]['node'];

export const Evaluate = graphql(`
  mutation Evaluate($modelId: ID!, $split: Split!, $dataset: String) {
    evaluateModel(input: { modelId: $modelId, split: $split, dataset: $dataset }) {
      measuredAt
    }
  }
`);

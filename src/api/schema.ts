/** The GraphQL schema, made from the decorated classes of `types/` and `resolvers/`. */
import { createPubSub } from '@graphql-yoga/subscription';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { CaptionResolver } from './resolvers/captions.js';
import { DatasetResolver } from './resolvers/datasets.js';
import { DeletionResolver } from './resolvers/deletion.js';
import { FeedbackResolver } from './resolvers/feedback.js';
import { ImageResolver } from './resolvers/images.js';
import { JobResolver } from './resolvers/jobs.js';
import { LikenessResolver } from './resolvers/likeness.js';
import { ModelResolver } from './resolvers/models.js';
import { SearchResolver } from './resolvers/search.js';
import { TrainingResolver } from './resolvers/training.js';

export function createSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      CaptionResolver,
      FeedbackResolver,
      SearchResolver,
      LikenessResolver,
      ImageResolver,
      DatasetResolver,
      ModelResolver,
      TrainingResolver,
      JobResolver,
      DeletionResolver,
    ],
    // The services check what they are given, with messages for people.
    validate: false,
    // Decorators state every default; an initial value of a class is not one.
    disableInferringDefaultValues: true,
    // Asked for wherever there is a subscription; ours bring their own streams.
    pubSub: createPubSub(),
  });
}

/** The text of `schema.graphql`. */
export async function printApiSchema(): Promise<string> {
  return `${printSchema(lexicographicSortSchema(await createSchema()))}\n`;
}

/** Everything that has an id, by nothing but its id. */
import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { checkScope } from '../../access/client.js';
import type { Scope } from '../../access/scopes.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type {
  ApiKeyId,
  DatasetId,
  ImageId,
  JobId,
  LibraryId,
  ModelId,
  RatingId,
  TrainingJobId,
  TrashId,
} from '../../ids.js';
import type { IdentifiedTable, OwnerOfId } from '../../store/owners-of-ids.js';
import { ApiKey } from '../access/api-keys.js';
import { GeneratedCaption, ReferenceCaption } from '../captions/caption.js';
import { Rating } from '../captions/ratings.js';
import type { ApiContext } from '../context.js';
import { Dataset } from '../datasets/dataset.js';
import { Image } from '../images/image.js';
import { Job } from '../jobs/job.js';
import { Library } from '../libraries/library.js';
import { Model } from '../models/model.js';
import { Needs } from '../scopes.js';
import { TrainingJob } from '../trainings/training-job.js';
import { TrashEntry } from '../trash/trash.js';
import { Node } from './node.js';

/** Nodes of one question. */
const MAXIMUM_NODES = 100;

interface Kind {
  /** What the query needs that lists such records, where it is more than `node` needs. */
  readonly scope?: Scope;
  readonly find: (owner: OwnerOfId, context: ApiContext) => Promise<Node | undefined>;
}

/** How a record of each table is read. */
const KINDS: Readonly<Record<IdentifiedTable, Kind>> = {
  Image: {
    find: async ({ id }, { loaders }) => made(Image, await loaders.images.load(id as ImageId)),
  },
  ReferenceCaption: {
    find: async ({ id, imageId }, { loaders }) =>
      made(ReferenceCaption, imageId ? withId(await loaders.references.load(imageId), id) : undefined),
  },
  GeneratedCaption: {
    find: async ({ id, imageId }, { loaders }) =>
      made(GeneratedCaption, imageId ? withId(await loaders.generated.load(imageId), id) : undefined),
  },
  CaptionRating: {
    find: async ({ id }, { services }) => made(Rating, await services.store.ratings.find(id as RatingId)),
  },
  Dataset: {
    find: async ({ id }, { loaders }) => made(Dataset, await loaders.datasets.load(id as DatasetId)),
  },
  Library: {
    find: async ({ id }, { loaders }) => made(Library, await loaders.libraries.load(id as LibraryId)),
  },
  Model: {
    find: async ({ id }, { loaders }) => made(Model, await loaders.models.load(id as ModelId)),
  },
  Job: {
    find: async ({ id }, { services }) => made(Job, await services.store.jobs.find(id as JobId)),
  },
  TrainingJob: {
    find: async ({ id }, { services }) =>
      made(TrainingJob, await services.store.trainingJobs.find(id as TrainingJobId)),
  },
  TrashEntry: {
    scope: 'write',
    find: async ({ id }, { services }) => made(TrashEntry, withId(await services.trash.list(), id as TrashId)),
  },
  ApiKey: {
    scope: 'admin',
    find: async ({ id }, { services }) => made(ApiKey, withId(await services.keys.list(), id as ApiKeyId)),
  },
};

function made<Record>(Type: new (record: Record) => Node, record: Record | undefined): Node | undefined {
  return record && new Type(record);
}

function withId<Record extends { readonly id: string }>(records: readonly Record[], id: string): Record | undefined {
  return records.find((record) => record.id === id);
}

/** @throws UNAUTHENTICATED, FORBIDDEN for what the client may not list */
async function findNode(id: string, context: ApiContext): Promise<Node | undefined> {
  const owner = await context.loaders.owners.load(id);
  if (!owner) return undefined;
  const { scope, find } = KINDS[owner.table];
  if (scope) checkScope(context.client, [scope], `A node of the type ${owner.table}`);
  return find(owner, context);
}

function timesIds({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const ids: unknown = args['ids'];
  return 1 + Math.max(childComplexity, 1) * (Array.isArray(ids) ? ids.length : MAXIMUM_NODES);
}

@Resolver()
export class NodeResolver {
  @Needs('read')
  @Query(() => Node, {
    nullable: true,
    description:
      'What has this id, of whatever type. Null if there is nothing. A TrashEntry needs the scope WRITE, an ApiKey ' +
      'ADMIN. Errors: UNAUTHENTICATED, FORBIDDEN.',
  })
  node(@Arg('id', () => ID) id: string, @Ctx() context: ApiContext): Promise<Node | undefined> {
    return findNode(id, context);
  }

  @Needs('read')
  @Query(() => [Node], {
    nullable: 'items',
    complexity: timesIds,
    description:
      `What has these ids, at most ${MAXIMUM_NODES}, in their order, with null where there is nothing. Errors: ` +
      'BAD_USER_INPUT; for single nodes those of node.',
  })
  nodes(@Arg('ids', () => [ID]) ids: string[], @Ctx() context: ApiContext): Promise<(Node | Error | undefined)[]> {
    if (ids.length > MAXIMUM_NODES) {
      const message = `At most ${MAXIMUM_NODES} nodes are asked for at once, not ${ids.length}.`;
      throw new EkphrasisError(ErrorCode.BadInput, message);
    }
    // One that is refused leaves the others as they are.
    const refused = (error: unknown) => {
      if (error instanceof Error) return error;
      throw error;
    };
    return Promise.all(ids.map((id) => findNode(id, context).catch(refused)));
  }
}

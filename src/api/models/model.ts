import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import { z } from 'zod';
import { readArchitectures } from '../../captioner/checkpoint.js';
import { ARCHITECTURES, type Architecture as ArchitectureName } from '../../captioner/decoders/all.js';
import type { ModelId } from '../../ids.js';
import { exactly } from '../../store/counts.js';
import type { ModelRecord, ModelTask as ModelTaskName } from '../../store/models.js';
import { connectionOf, connectionOptions, PageArguments, toContent, toPageRequest } from '../connections.js';
import type { ApiContext } from '../context.js';
import { enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

export const ModelTask = { CAPTION: 'CAPTION', SEARCH: 'SEARCH', PREDICTIONS: 'PREDICTIONS' } as const;
registerEnumType(ModelTask, {
  name: 'ModelTask',
  valuesConfig: {
    CAPTION: { description: 'It writes captions.' },
    SEARCH: { description: 'It compares sentences with photos, so that photos are found by what they show.' },
    PREDICTIONS: {
      description: 'Captions that were written elsewhere: they can be measured and compared, and write nothing.',
    },
  },
});

export const Architecture = enumOf<ArchitectureName>(ARCHITECTURES);
registerEnumType(Architecture, {
  name: 'CaptionerArchitecture',
  description: 'The network of a captioner.',
  valuesConfig: {
    ATTENTION: { description: 'It attends to regions of the photo for every word (Xu et al. 2015).' },
    SHOW_AND_TELL: { description: 'The recurrent layer reads the photo before the first word (Vinyals et al. 2015).' },
    MERGE: {
      description:
        'The recurrent layer reads only words; the photo is added before the next word is chosen (Tanti et al. ' +
        '2017).',
    },
  },
});

const settingsSchema = z.object({
  vocabularySize: z.number().int().optional(),
  from: z.object({ id: z.string().transform((id) => id as ModelId) }).optional(),
});

@ObjectType({
  description: 'A captioner, a search model, or captions that were written elsewhere.',
  implements: Node,
})
export class Model extends fieldsOf<ModelRecord>() {
  @Field(() => ID)
  declare readonly id: ModelRecord['id'];

  @Field(() => String)
  declare readonly name: ModelRecord['name'];

  @Field(() => ModelTask)
  declare readonly task: ModelRecord['task'];

  @Field(() => String, {
    description: 'The encoder that it needs: weights, precision and preprocessing. "none" for PREDICTIONS.',
  })
  declare readonly encoder: ModelRecord['encoder'];

  @Field(() => [String], { description: 'Other encoders that it works equally well with.' })
  declare readonly compatibleEncoders: ModelRecord['compatibleEncoders'];

  @Field(() => Int, { nullable: true, description: 'The number of words it knows, including four special ones.' })
  get vocabularySize(): number | undefined {
    return settingsSchema.safeParse(this.settings).data?.vocabularySize;
  }

  @Field(() => [Architecture], {
    description: 'The network of a captioner; of an ensemble, the network of each member. Empty for others.',
  })
  get architectures(): readonly string[] {
    return this.task === 'CAPTION' ? readArchitectures(this.settings).map(({ architecture }) => architecture) : [];
  }

  @Field(() => String, { description: 'The language of the captions it was trained on, a BCP 47 tag.' })
  declare readonly language: ModelRecord['language'];

  @Field(() => Boolean, { description: 'Whether it came with the program.' })
  declare readonly shipped: ModelRecord['shipped'];

  @Field(() => Boolean, {
    description: 'Whether it is in use: a captioner captions new photos, a search model answers searches.',
  })
  declare readonly current: ModelRecord['current'];

  @Field(() => Boolean, {
    description:
      'Whether a person chose it, with useModel or by a training with use: ALWAYS. No training replaces it by ' +
      'itself.',
  })
  declare readonly chosen: ModelRecord['chosen'];

  @Field(() => Int, {
    description:
      'The number of photos that other models have captioned and this one has not. captionCollection with ' +
      'onlyOfOthers captions them.',
  })
  photosOnlyOfOthers(@Ctx() { services }: ApiContext): Promise<number> | number {
    return this.task === 'CAPTION' ? services.store.captions.countOnlyOfOthers(this.id) : 0;
  }

  @Field(() => String, { description: 'SHA-256 of its file, in hexadecimal.' })
  declare readonly checkpointSha256: ModelRecord['checkpointSha256'];

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: ModelRecord['createdAt'];

  @Field(() => Model, {
    nullable: true,
    description: 'The model it was fine-tuned from. Null if it was trained from scratch.',
  })
  async fromModel(@Ctx() { services }: ApiContext): Promise<object | undefined> {
    const from = settingsSchema.safeParse(this.settings).data?.from;
    const model = from && (await services.store.models.find(from.id));
    return model && new Model(model);
  }
}

@InputType()
class UseModelInput {
  @Field(() => ID)
  declare readonly modelId: ModelId;
}

@InputType({ description: 'Which models: those that fit everything that is given.' })
class ModelFilter {
  @Field(() => ModelTask, { nullable: true, description: 'Only models of this task.' })
  declare readonly task?: ModelTaskName | null;
}

@ArgsType()
class ModelListArguments extends PageArguments {
  @Field(() => ModelFilter, { nullable: true, description: 'Only these models. Default: all.' })
  declare readonly filter?: ModelFilter | null;
}

const ModelConnection = connectionOf('Model', () => Model);

@Resolver()
export class ModelResolver {
  @Needs('read')
  @Query(() => ModelConnection, { ...connectionOptions, description: 'All models, newest first.' })
  async models(@Args(() => ModelListArguments) args: ModelListArguments, @Ctx() { services }: ApiContext) {
    const { models } = services.store;
    const task = args.filter?.task ?? undefined;
    const page = await models.list(toPageRequest<ModelId>(args), task);
    const count = async () => exactly(await models.count(task));
    return new ModelConnection(toContent(page, (record) => new Model(record), count));
  }

  @Needs('read')
  @Query(() => Model, { nullable: true, description: 'The model with this id. Null if there is none.' })
  async model(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<Model | undefined> {
    const record = await services.store.models.find(id as ModelId);
    return record && new Model(record);
  }

  @Needs('train')
  @Mutation(() => Model, {
    description:
      'Uses this model for new photos from now on; trainings do not replace it. Existing captions stay; ' +
      'photosOnlyOfOthers says how ' +
      'many photos it has not captioned. A search model answers once it has embedded every photo. Errors: ' +
      'NOT_FOUND, BAD_USER_INPUT for PREDICTIONS, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE.',
  })
  async useModel(
    @Input(() => UseModelInput) { modelId }: UseModelInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Model> {
    return new Model(await services.useModel(modelId));
  }
}

import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { ImportedModel as Imported } from '../../models/import-model.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { Needs } from '../scopes.js';
import { Upload, type UploadedFile } from '../server/uploads.js';
import { Model } from './model.js';

/** Its file is read, compared with its hashes, and stored. */
const IMPORT_COST = 10_000;

@InputType()
class ImportModelInput {
  @Field(() => Upload, {
    description: 'A file of a multipart request: an archive of "ekphrasis models export", or a checkpoint alone.',
  })
  declare readonly file: UploadedFile;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the model. Default: its name where it was exported.',
  })
  declare readonly name?: string | null;
}

@ObjectType({ description: 'A model that was imported.' })
class ImportedModel {
  @Field(() => Model)
  readonly model: Model;

  @Field(() => Boolean, { description: 'Whether it was among the models before. It is not stored again.' })
  readonly wasThere: boolean;

  @Field(() => Boolean, {
    description: 'Whether the encoder that runs is one that it needs. Otherwise useModel refuses it.',
  })
  readonly fits: boolean;

  constructor({ model, wasThere, fits }: Imported) {
    this.model = new Model(model);
    this.wasThere = wasThere;
    this.fits = fits;
  }
}

@Resolver()
export class ImportModelResolver {
  @Needs('train')
  @Mutation(() => ImportedModel, {
    complexity: ({ childComplexity }) => IMPORT_COST + childComplexity,
    description:
      'Adds a model that was exported elsewhere, after comparing each of its files with its hash. It is not used until ' +
      'useModel says so. Errors: INVALID_CHECKPOINT, IMAGE_TOO_LARGE for a file above MAX_UPLOAD_BYTES, ' +
      'WEIGHTS_UNAVAILABLE, STORAGE_FAILED, PROCESS_FAILED.',
  })
  async importModel(
    @Input(() => ImportModelInput) { file, name }: ImportModelInput,
    @Ctx() { services, uploads }: ApiContext,
  ): Promise<ImportedModel> {
    const named = { name: file.name ?? 'model', path: file.path, size: file.size };
    return uploads.read(
      named,
      async ({ bytes }) => new ImportedModel(await services.importModel(bytes, name ?? undefined)),
    );
  }
}

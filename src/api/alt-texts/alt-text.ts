import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  Float,
  GraphQLISODateTime,
  ID,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { type AltText as AltTextRecord, altTextOf } from '../../collection/alt-text.js';
import type { ImageId } from '../../ids.js';
import { ALT_TEXT_STATES } from '../../store/alt-text-queue.js';
import { ClientKind } from '../access/viewer.js';
import { CaptionOrigin } from '../captions/caption-origin.js';
import type { ApiContext } from '../context.js';
import { enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Image } from '../images/image.js';
import { Needs } from '../scopes.js';

export const AltTextState = enumOf(ALT_TEXT_STATES);
registerEnumType(AltTextState, {
  name: 'AltTextState',
  valuesConfig: {
    MISSING: { description: 'Nobody has written for the photo in this language. captionCollection has a model do it.' },
    SUGGESTED: { description: 'A person, a data set, a file or a model has written something. Nobody approved it.' },
    APPROVED: { description: 'A person approved the text. Only a person changes it.' },
    DECORATIVE: { description: 'A person said that the photo needs no text: it is empty on purpose.' },
  },
});

@ObjectType({ description: 'Who decided.' })
export class AltTextAuthor extends fieldsOf<{ readonly kind: string; readonly name: string | null }>() {
  @Field(() => ClientKind)
  declare readonly kind: string;

  @Field(() => String, { nullable: true, description: 'Of the key, or of the person whom a trusted proxy named.' })
  declare readonly name: string | null;
}

@ObjectType({ description: 'The text that takes the place of a photo for people who cannot see it.' })
export class AltText extends fieldsOf<AltTextRecord>() {
  @Field(() => AltTextState)
  declare readonly state: AltTextRecord['state'];

  @Field(() => String, {
    description:
      'The sentence. It is empty for a decorative photo. It begins with "Image may show:" when a model wrote it, nobody ' +
      'approved it, and the model is not certain enough.',
  })
  declare readonly text: AltTextRecord['text'];

  @Field(() => String, { description: 'The sentence as it was written.' })
  declare readonly caption: AltTextRecord['caption'];

  @Field(() => Float, {
    description:
      "1 for a person's sentence, and for what a person approved. For a model's sentence, the share of its content " +
      'words that people would also use, 0 to 1.',
  })
  declare readonly confidence: AltTextRecord['confidence'];

  @Field(() => CaptionOrigin, { nullable: true, description: 'Who wrote it. Null for a decorative photo.' })
  declare readonly origin: AltTextRecord['origin'];

  @Field(() => String, {
    nullable: true,
    description: 'A BCP 47 tag. Null for a decorative photo, and where a file does not say it.',
  })
  declare readonly language: AltTextRecord['language'];

  @Field(() => AltTextAuthor, {
    nullable: true,
    description: 'Who approved it, or said that the photo is decorative. Null while nobody has.',
  })
  get decidedBy(): AltTextAuthor | undefined {
    return this.decision && new AltTextAuthor(this.decision.by);
  }

  @Field(() => GraphQLISODateTime, { nullable: true })
  get decidedAt(): Date | undefined {
    return this.decision?.at;
  }
}

export const LANGUAGE = { nullable: true, description: 'A BCP 47 tag. Default: the language of the current model.' };

@Resolver(() => Image)
export class AltTextResolver {
  @FieldResolver(() => AltText, {
    nullable: true,
    complexity: 5,
    name: 'altText',
    description: 'The same as the query altText gives. Null while nobody has written for the photo.',
  })
  async ofImage(@Root() { id }: Image, @Ctx() { loaders }: ApiContext): Promise<AltText | undefined> {
    const [references, metadata, generated, decisions, currentModel] = await Promise.all([
      loaders.references.load(id),
      loaders.metadata.load(id),
      loaders.generated.load(id),
      loaders.altTextDecisions.load(id),
      loaders.currentModel(),
    ]);
    const inFile = metadata?.captions ?? [];
    const text = altTextOf({ references, inFile, generated, decisions, currentModel });
    return text && new AltText(text);
  }

  @Needs('read')
  @Query(() => AltText, {
    nullable: true,
    complexity: 5,
    description:
      'Gives the text that takes the place of a photo for people who cannot see it: nothing for a decorative photo, ' +
      "else what a person approved, else a person's caption, else a model's. Null while nobody has written for the " +
      'photo: nothing is written by asking. /alt/<sha256> gives the same over HTTP. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async altText(
    @Arg('imageId', () => ID) imageId: string,
    @Arg('language', () => String, {
      nullable: true,
      description: 'Only in this language, a BCP 47 tag. Default: any, that of the current model first.',
    })
    language: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<AltText | undefined> {
    const text = await services.altText(imageId as ImageId, language ?? undefined);
    return text && new AltText(text);
  }
}

import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { type AltText as AltTextRecord, writtenAltText } from '../../collection/alt-text.js';
import type { ImageId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { PRICES } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Image } from '../images/image.js';
import { Needs } from '../scopes.js';

export const CaptionOrigin = { REFERENCE: 'reference', FILE: 'file', GENERATED: 'generated' } as const;
registerEnumType(CaptionOrigin, {
  name: 'CaptionOrigin',
  valuesConfig: {
    REFERENCE: { description: 'A person wrote or chose it, or it comes with a data set.' },
    FILE: { description: "The photo's file says it: its captions, or for a search its title, keywords or name." },
    GENERATED: { description: 'A model wrote it.' },
  },
});

@ObjectType({ description: 'The text that takes the place of a photo for people who cannot see it.' })
class AltText extends fieldsOf<AltTextRecord>() {
  @Field(() => String, {
    description: 'The sentence. It begins with "Image may show:" when a model wrote it and is not certain enough.',
  })
  declare readonly text: AltTextRecord['text'];

  @Field(() => String, { description: 'The sentence as it was written.' })
  declare readonly caption: AltTextRecord['caption'];

  @Field(() => Float, {
    description:
      "1 for a person's sentence. For a model's sentence, the share of its content words that people would also " +
      'use, 0 to 1.',
  })
  declare readonly confidence: AltTextRecord['confidence'];

  @Field(() => CaptionOrigin)
  declare readonly origin: AltTextRecord['origin'];
}

@Resolver(() => Image)
export class AltTextResolver {
  @FieldResolver(() => AltText, {
    nullable: true,
    complexity: 5,
    name: 'altText',
    description:
      'The same as the query altText gives, from captions that exist. Null while nobody has captioned the photo.',
  })
  async ofImage(@Root() { id }: Image, @Ctx() { loaders }: ApiContext): Promise<AltText | undefined> {
    const [references, metadata, generated, current] = await Promise.all([
      loaders.references.load(id),
      loaders.metadata.load(id),
      loaders.generated.load(id),
      loaders.currentModel(),
    ]);
    const written = writtenAltText(references, metadata?.captions ?? [], generated, current?.id);
    return written && new AltText(written);
  }

  @Needs('read')
  @Query(() => AltText, {
    complexity: PRICES.candidates,
    description:
      "Gives the text that takes the place of a photo for people who cannot see it: a person's caption if there is " +
      'one, else a ' +
      "model's, which is written now if none exists. /alt/<sha256> gives the same over HTTP. Errors: NOT_FOUND, " +
      'NO_MODEL, ENCODER_MISMATCH, ' +
      'WEIGHTS_UNAVAILABLE, PROCESS_FAILED.',
  })
  async altText(@Arg('imageId', () => ID) imageId: string, @Ctx() { services }: ApiContext): Promise<AltText> {
    return new AltText(await services.altText(imageId as ImageId));
  }
}

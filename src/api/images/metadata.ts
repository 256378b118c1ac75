/** What photos' files say of themselves, and captions of them that a person adopts. */
import {
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import type { AdoptedCaptions as Adopted } from '../../collection/adopt-captions.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import type { CaptionField, FileCaption as CaptionRecord } from '../../metadata/file-metadata.js';
import type { FileMetadataRecord } from '../../store/file-metadata.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { datasetIdOf } from '../datasets/dataset.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { libraryIdOf } from '../libraries/library.js';
import { Needs } from '../scopes.js';
import { Image } from './image.js';

/** Photos adopted from at once by their ids. */
const MAXIMUM_IMAGES = 1000;

const FileCaptionField = {
  ALT_TEXT: 'altText',
  EXTENDED_DESCRIPTION: 'extendedDescription',
  DESCRIPTION: 'description',
  CAPTION: 'caption',
  IMAGE_DESCRIPTION: 'imageDescription',
} as const satisfies Readonly<Record<string, CaptionField>>;
registerEnumType(FileCaptionField, {
  name: 'FileCaptionField',
  description: 'Where a caption stands in a file.',
  valuesConfig: {
    ALT_TEXT: { description: 'Iptc4xmpCore:AltTextAccessibility.' },
    EXTENDED_DESCRIPTION: { description: 'Iptc4xmpCore:ExtDescrAccessibility.' },
    DESCRIPTION: { description: 'dc:description.' },
    CAPTION: { description: 'Caption-Abstract of IPTC IIM.' },
    IMAGE_DESCRIPTION: { description: 'ImageDescription of EXIF.' },
  },
});

@ObjectType({ description: "A caption in a photo's file. Nothing is trained on it unless a person adopts it." })
class FileCaption extends fieldsOf<CaptionRecord>() {
  @Field(() => FileCaptionField)
  declare readonly field: CaptionRecord['field'];

  @Field(() => String, { nullable: true, description: 'A BCP 47 tag. Null if the file does not say.' })
  declare readonly language: CaptionRecord['language'];

  @Field(() => String)
  declare readonly text: CaptionRecord['text'];
}

@ObjectType({ description: "What a photo's file and its .xmp sidecars say." })
class FileMetadata {
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was taken. If the file gives no time zone, its clock counts as UTC.',
  })
  readonly takenAt: Date | undefined;

  @Field(() => Int, {
    nullable: true,
    description: 'The time zone in which it was taken, in minutes east of UTC. Null if the file does not say.',
  })
  readonly takenAtOffset: number | undefined;

  @Field(() => String, { nullable: true, description: 'Maker and model.' })
  readonly camera: string | undefined;

  @Field(() => String, { nullable: true })
  readonly lens: string | undefined;

  @Field(() => Int, { nullable: true, description: 'That of EXIF, 1 to 8.' })
  readonly orientation: number | undefined;

  @Field(() => String, { nullable: true })
  readonly title: string | undefined;

  @Field(() => [String], { description: 'Keywords of a hierarchy are there as Places/Paris and as Paris.' })
  readonly keywords: readonly string[];

  @Field(() => Int, { nullable: true, description: '1 to 5, 0 for none, -1 for rejected.' })
  readonly rating: number | undefined;

  @Field(() => [FileCaption], { description: 'The one that describes the photo best is first.' })
  readonly captions: readonly FileCaption[];

  constructor({ takenAt, camera, lens, orientation, title, keywords, rating, captions }: FileMetadataRecord) {
    this.takenAt = takenAt?.instant;
    this.takenAtOffset = takenAt?.offset;
    this.camera = camera;
    this.lens = lens;
    this.orientation = orientation;
    this.title = title;
    this.keywords = keywords;
    this.rating = rating;
    this.captions = captions.map((caption) => new FileCaption(caption));
  }
}

@ObjectType({ description: 'What adoptFileCaptions adopted.' })
class AdoptedCaptions extends fieldsOf<Adopted>() {
  @Field(() => Int, { description: 'The number of photos whose captions count as captions of people now.' })
  declare readonly adopted: Adopted['adopted'];

  @Field(() => Int, { description: 'The number of photos whose files have no such caption, or a longer one.' })
  declare readonly without: Adopted['without'];
}

@InputType()
class AdoptFileCaptionsInput {
  @Field(() => [ID], { nullable: true })
  declare readonly imageIds?: ImageId[] | null;

  @Field(() => String, { nullable: true, description: 'The id or the name of a data set.' })
  declare readonly dataset?: string | null;

  @Field(() => String, { nullable: true, description: 'The id or the name of a library.' })
  declare readonly library?: string | null;

  @Field(() => FileCaptionField, {
    nullable: true,
    description: 'Only captions of this field. Default: the one that describes the photo best.',
  })
  declare readonly field?: CaptionField | null;
}

@Resolver(() => Image)
export class MetadataResolver {
  @FieldResolver(() => FileMetadata, {
    nullable: true,
    complexity: times(2),
    description: "What the photo's file says. Null if it has not been read yet: ekphrasis metadata refresh reads it.",
  })
  async metadata(@Root() { id }: Image, @Ctx() { loaders }: ApiContext): Promise<FileMetadata | undefined> {
    const record = await loaders.metadata.load(id);
    return record && new FileMetadata(record);
  }

  @Needs('write')
  @Mutation(() => AdoptedCaptions, {
    description:
      "Makes captions of photos' files captions of people: trainings learn from them. Give either `imageIds`, " +
      `at most ${MAXIMUM_IMAGES}, or \`dataset\`, or \`library\`. removeCaption takes one back. Errors: NOT_FOUND, BAD_USER_INPUT.`,
  })
  async adoptFileCaptions(
    @Input(() => AdoptFileCaptionsInput) { imageIds, dataset, library, field }: AdoptFileCaptionsInput,
    @Ctx() { services, loaders }: ApiContext,
  ): Promise<AdoptedCaptions> {
    if ([imageIds, dataset, library].filter((given) => given != null).length !== 1)
      throw new EkphrasisError(ErrorCode.BadInput, 'Give either imageIds, or dataset, or library.');
    if (imageIds && imageIds.length > MAXIMUM_IMAGES)
      throw new EkphrasisError(ErrorCode.BadInput, `At most ${MAXIMUM_IMAGES} photos are adopted from at once.`);
    const photos = imageIds
      ? { imageIds }
      : { dataset: await datasetIdOf(dataset, services), library: await libraryIdOf(library, services) };
    const adopted = await services.adoptFileCaptions(photos, field ?? undefined);
    loaders.references.clearAll();
    return new AdoptedCaptions(adopted);
  }
}

/** Measures captions that were written elsewhere, against what people wrote of the collection's photos. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { CaptionResult } from '../datasets/caption-results.js';
import type { Problem } from '../datasets/dataset.js';
import { type KnownPhoto, matchResults } from '../datasets/match-results.js';
import { ProblemList } from '../datasets/problems.js';
import { sha256Of } from '../files/sha256.js';
import type { DatasetId, EncoderId, ImageId } from '../ids.js';
import { hasWords } from '../language/tokeniser.js';
import { datasetInWords } from '../models/registry.js';
import { type Split, SPLITS } from '../splits.js';
import type { CaptionedImage } from '../store/captions.js';
import type { ModelRecord } from '../store/models.js';
import { whileNeeding } from '../store/needs.js';
import type { Store } from '../store/store.js';
import { cocoResults } from './coco-results.js';
import { type GivenCaptions, nameOfCaptions, readGivenCaptions } from './given-captions.js';
import { type EvaluatedModel, scorePhotos, type WrittenPhoto } from './evaluate-model.js';

export interface CaptionsRequest extends GivenCaptions {
  /** Of the entry that stands for them among the models. Default: that of the file. */
  readonly name?: string | undefined;
  readonly split: Split;
  /** Only photos of this data set, and its references. Default: those of all. */
  readonly dataset?: DatasetId | undefined;
}

export interface MeasuredCaptions extends EvaluatedModel {
  /** What stands for them among the models: the one that is there already, where these captions were measured before. */
  readonly model: ModelRecord;
  /** What is odd about them, equal problems once. */
  readonly problems: readonly Problem[];
}

type CaptionsStore = Pick<Store, 'captions' | 'datasetPhotos' | 'datasets' | 'evaluations' | 'models' | 'locks'>;

/** Of entries that no encoder sees for. */
const NO_ENCODER = 'none' as EncoderId;
/** How they were written, as far as one knows. */
const DECODING = 'captions:given';
/** Names given as examples. */
const EXAMPLES = 2;

/**
 * Measures those that are of photos of a split with reference captions, and keeps the figures as those of an entry among the
 * models. Photos that they say nothing of are left out, and counted.
 *
 * @throws EkphrasisError BAD_USER_INPUT for a file that holds no captions; INVALID_DATASET when the split has no such photo, or none of the captions is of one; NOT_FOUND where the
 *   data set was deleted
 */
export async function evaluateCaptionsFromElsewhere(
  { name, split, dataset, ...given }: CaptionsRequest,
  store: CaptionsStore,
): Promise<MeasuredCaptions> {
  const problems = new ProblemList();
  const captions = readGivenCaptions(given, problems);
  return whileNeeding({ photos: { of: dataset } }, store, async () => {
    const { photos, references } = await photosOf(split, dataset, store);
    const where = `the ${split} split of ${await datasetInWords(dataset ?? null, store)}`;
    if (references.size === 0) {
      const message = `No photo of ${where} has captions of people to compare with. Import a data set first: ekphrasis import FOLDER.`;
      throw new EkphrasisError(ErrorCode.InvalidDataset, message);
    }
    const found = matchResults(captions, photos, split, problems);
    const written = [...references.values()].flatMap((photo): WrittenPhoto[] => {
      const result = found.get(photo.id);
      return result ? [{ ...photo, caption: result.caption }] : [];
    });
    if (written.length === 0) throw noneOf(captions, [...references.values()], where, problems);
    const leftOut = references.size - written.length;
    if (leftOut > 0)
      problems.say(
        'no caption',
        `${leftOut.toLocaleString('en')} of ${references.size.toLocaleString('en')} photos of ${where} have no caption here, and are not measured.`,
      );
    const { report, captions: scored } = await scorePhotos(written, { decoding: DECODING, dataset, leftOut: 0 }, store);
    const model = await entryOf(written, name ?? nameOfCaptions(given.captions), store);
    const evaluation = await store.evaluations.add({ ...report, modelId: model.id, split, dataset, captions: scored });
    return { model, evaluation, details: report.details, captions: scored, problems: problems.list() };
  });
}

/** All photos that captions may be of, and those of the split that have references with words. */
async function photosOf(
  split: Split,
  dataset: DatasetId | undefined,
  store: CaptionsStore,
): Promise<{ readonly photos: readonly KnownPhoto[]; readonly references: ReadonlyMap<ImageId, CaptionedImage> }> {
  const paths = new Map<ImageId, string>();
  if (dataset !== undefined)
    for await (const page of store.datasetPhotos.pages(dataset))
      for (const { imageId, path } of page) paths.set(imageId, path);
  const photos: KnownPhoto[] = [];
  const references = new Map<ImageId, CaptionedImage>();
  for await (const { split: own, captions, ...photo } of store.captions.captioned(SPLITS, dataset)) {
    photos.push({ id: photo.id, path: paths.get(photo.id) ?? photo.name, split: own });
    paths.delete(photo.id);
    const counting = captions.filter(hasWords);
    if (own === split && counting.length > 0) references.set(photo.id, { ...photo, captions: counting });
  }
  // Those without captions, so that it is not said that there are none.
  for (const [id, path] of paths) photos.push({ id, path, split: null });
  return { photos, references };
}

/** Stands for captions among the models; the same ones are there once. */
async function entryOf(
  written: readonly WrittenPhoto[],
  name: string,
  { models }: CaptionsStore,
): Promise<ModelRecord> {
  const results = cocoResults(written.map(({ name: file, caption }) => ({ file, caption })));
  const checkpoint = new TextEncoder().encode(JSON.stringify(results));
  const checkpointSha256 = sha256Of(checkpoint);
  const known = await models.withFile(checkpointSha256, 'PREDICTIONS');
  if (known) return known;
  const settings = { captions: written.length };
  return models.add({ name, task: 'PREDICTIONS', encoder: NO_ENCODER, settings, checkpoint, checkpointSha256 });
}

function noneOf(
  captions: readonly CaptionResult[],
  photos: readonly CaptionedImage[],
  where: string,
  problems: ProblemList,
): EkphrasisError {
  const theirs = captions.slice(0, EXAMPLES).map(({ names }) => names[0]);
  const ours = photos.slice(0, EXAMPLES).map(({ name }) => name);
  const found = problems.list().map(({ message }) => message);
  const message =
    `None of the ${captions.length.toLocaleString('en')} captions is of a photo of ${where}: they name ${theirs.join(', ')}, and there are ${ours.join(', ')}. ` +
    `${found.join(' ')} Name photos as they are called here, name another split, or give the annotations that have the ids (--annotations).`;
  return new EkphrasisError(ErrorCode.InvalidDataset, message);
}

/** What `ekphrasis evaluate` does with captions from elsewhere, references and a second model. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Application } from '../application.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { cocoAnnotations } from '../evaluation/coco-results.js';
import { compareEvaluations } from '../evaluation/compare-evaluations.js';
import type { Difference } from '../evaluation/bootstrap.js';
import type { CaptionFile } from '../evaluation/given-captions.js';
import type { EvaluatedModel } from '../evaluation/evaluate-model.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import { FreeSpace } from '../files/free-space.js';
import type { DatasetId } from '../ids.js';
import { FIGURES } from '../metrics/all.js';
import type { Split } from '../splits.js';
import type { ModelRecord } from '../store/models.js';
import { type CommandContext, counted, printLine } from './terminal.js';

interface CaptionOptions {
  readonly captions: string;
  readonly annotations?: string;
  readonly name?: string;
  readonly split: Split;
  readonly dataset: DatasetId | undefined;
}

/** Measures the captions of a file, and says what is odd about them. @throws NOT_FOUND, BAD_USER_INPUT, INVALID_DATASET */
export async function evaluateFile(
  application: Application,
  { stderr }: CommandContext,
  { captions: path, annotations, name, split, dataset }: CaptionOptions,
): Promise<EvaluatedModel> {
  const measured = await application.evaluateCaptions({
    captions: await read(path),
    annotations: annotations === undefined ? undefined : await read(annotations),
    name,
    split,
    dataset,
  });
  for (const { message } of measured.problems) printLine(stderr, message);
  const { id, name: called } = measured.model;
  printLine(stderr, `They are among the models as "${called}": ${id}`);
  return measured;
}

async function read(path: string): Promise<CaptionFile> {
  return { name: basename(path), bytes: await readFile(path) };
}

/** Writes what people wrote of the measured photos. @throws STORAGE_FAILED */
export async function writeReferences(
  { evaluation: { split, dataset }, captions }: EvaluatedModel,
  path: string,
  { store, config }: Application,
): Promise<void> {
  const measured = new Map(captions.map(({ imageId, file }) => [imageId, file]));
  const photos: { file: string; references: readonly string[] }[] = [];
  for await (const { id, captions: references } of store.captions.captioned([split], dataset ?? undefined)) {
    const file = measured.get(id);
    if (file !== undefined) photos.push({ file, references });
  }
  const space = new FreeSpace(dirname(resolve(path)), config.diskReserve);
  await writeFileAtomically(path, Buffer.from(`${JSON.stringify(cocoAnnotations(photos), null, 1)}\n`), { space });
}

export interface NamedComparison {
  /** The other model's. */
  readonly with: string;
  readonly images: number;
  readonly differences: readonly Difference[];
}

/**
 * With what was measured of another model on the same photos.
 *
 * @throws NOT_FOUND where nothing was, or it has no photo in common
 */
export async function compareWith(
  other: ModelRecord,
  { evaluation: { id, split, dataset } }: EvaluatedModel,
  { store }: Application,
): Promise<NamedComparison> {
  const theirs =
    (await store.evaluations.latest({ modelId: other.id, split, dataset })) ??
    (await store.evaluations.latest({ modelId: other.id, split }));
  const comparison =
    theirs &&
    (await compareEvaluations(await store.evaluations.captionsOf(id), await store.evaluations.captionsOf(theirs.id)));
  if (comparison) return { with: other.name, images: comparison.images, differences: comparison.differences };
  const measure = `ekphrasis evaluate --split ${split}${dataset === null ? '' : ` --dataset ${dataset}`} --model ${other.id}`;
  const message = `"${other.name}" was not measured on these photos. Measure it first: ${measure}`;
  throw new EkphrasisError(ErrorCode.NotFound, message);
}

export function printComparison(
  { stdout }: CommandContext,
  { with: name, images, differences }: NamedComparison,
): void {
  printLine(stdout, `Compared with "${name}" on ${counted(images, 'photo')}:`);
  const titles = new Map(FIGURES.map((figure) => [figure.key, figure.name]));
  const width = Math.max(...differences.map(({ metric }) => (titles.get(metric) ?? metric).length));
  const signed = (value: number) => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
  for (const { metric, difference, interval, pValue } of differences)
    printLine(
      stdout,
      `${(titles.get(metric) ?? metric).padEnd(width)}  ${signed(difference)}  95 %: ${signed(interval.low)} to ${signed(interval.high)}  p ${pValue.toFixed(3)}`,
    );
}

/** What differs between a run and its repetition. */
import type { DataFingerprint } from '../training/data-fingerprint.js';
import type { Run, RunEpoch } from './run.js';

/** The parts of the data in words, each with the hash that tells of it. */
const DATA_PARTS: readonly (readonly [keyof DataFingerprint, string])[] = [
  ['photosSha256', 'photos'],
  ['captionsSha256', 'captions'],
  ['splitsSha256', 'splits'],
];

/** What differs in the data: sentences. Only where it is the same otherwise, the order is told of. */
export function dataDifferences(wanted: DataFingerprint, found: DataFingerprint): string[] {
  const count = (data: DataFingerprint, part: string) =>
    part === 'captions'
      ? data.captionCount
      : part === 'photos'
        ? data.photoCount
        : `${data.trainCount}/${data.devCount}`;
  const parts = DATA_PARTS.filter(([hash]) => wanted[hash] !== found[hash]).map(
    ([, part]) => `The ${part} differ: the run had ${count(wanted, part)}, there are ${count(found, part)} now.`,
  );
  if (parts.length > 0 || wanted.orderSha256 === found.orderSha256) return parts;
  return ['The photos and captions are the same, in another order: other batches are drawn.'];
}

type Provenance = NonNullable<Run['provenance']>;

/** What else may make numbers differ: sentences. */
export function versionDifferences(wanted: Provenance, found: Provenance): string[] {
  const names = [...new Set([...Object.keys(wanted.versions), ...Object.keys(found.versions)])];
  return [
    ...names
      .filter((name) => wanted.versions[name] !== found.versions[name])
      .map(
        (name) =>
          `${name} differs: it was ${wanted.versions[name] ?? 'none'}, it is ${found.versions[name] ?? 'none'}.`,
      ),
    ...(wanted.from?.sha256 === found.from?.sha256 ? [] : ['The model that it begins from is another one.']),
    ...(wanted.featuresSha256 === found.featuresSha256 ? [] : ['What the encoder sees in the photos differs.']),
  ];
}

export interface LossDifference {
  readonly epoch: number;
  /** Null where one of them has no such epoch. */
  readonly was: number | null;
  readonly is: number | null;
}

/** The first epoch with another loss, to the last bit; nothing where all are equal. */
export function firstLossDifference(
  wanted: readonly Pick<RunEpoch, 'epoch' | 'loss'>[],
  found: readonly Pick<RunEpoch, 'epoch' | 'loss'>[],
): LossDifference | undefined {
  const [was, is] = [wanted, found].map((epochs) => new Map(epochs.map(({ epoch, loss }) => [epoch, loss])));
  const epochs = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort((a, b) => a - b);
  const epoch = epochs.find((number) => was?.get(number) !== is?.get(number));
  return epoch === undefined ? undefined : { epoch, was: was?.get(epoch) ?? null, is: is?.get(epoch) ?? null };
}

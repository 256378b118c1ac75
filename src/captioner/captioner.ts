/** Writes captions: the decoder of a checkpoint under beam search. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { joinWords } from '../language/tokeniser.js';
import { Vocabulary } from '../language/vocabulary.js';
import { fromHalf } from '../files/half.js';
import type { Session, TensorData } from '../tensors/session.js';
import type { BeamSettings, Finished } from './beam.js';
import { BeamSearch } from './beam.js';
import type { Checkpoint, CheckpointHeader } from './checkpoint.js';
import { decodersOf } from './checkpoint.js';
import type { Judge } from './consensus.js';
import { agreement, CONSENSUS_WIDTH, EVIDENCE_POWER, LIKENESS_WEIGHT, withoutEchoes } from './consensus.js';
import type { Decoder } from './decoder.js';
import { createImageGraph, createStepGraph, NEXT } from './decoding-graphs.js';

export interface CaptionedWord {
  readonly word: string;
  /** Of this word after those before it, 0..1. */
  readonly probability: number;
  /**
   * Where the decoder looked for it: a weight for each region, which sum to 1; empty of a decoder without attention.
   */
  readonly attention: Float32Array;
}

export interface Caption {
  readonly text: string;
  readonly words: readonly CaptionedWord[];
  /** Natural logarithm of the whole caption's probability, its end included. */
  readonly logProbability: number;
  /**
   * What captions are ranked by: how far they agree with all that were found, 0..1, and half of the judge's likeness
   * where there is one; without consensus logProbability / length^lengthExponent.
   */
  readonly score: number;
}

export interface CaptionOptions extends BeamSettings {
  /** Whether more captions are searched for and those come first that the others agree with; see consensus.ts. */
  readonly consensus: boolean;
}

export const DEFAULT_OPTIONS: CaptionOptions = {
  beamWidth: 5,
  lengthExponent: 0.7,
  maximumLength: 20,
  consensus: true,
};

/** How captions are written, for the signature of figures. @param judge the judge's name, where there is one */
export function describeOptions({ beamWidth, lengthExponent, consensus }: CaptionOptions, judge?: string): string {
  if (!consensus) return `beam:${beamWidth}|exp:${lengthExponent}`;
  const parts = [
    `beam:${Math.max(beamWidth, CONSENSUS_WIDTH)}`,
    `exp:${lengthExponent}`,
    'echoes:none',
    `consensus:${EVIDENCE_POWER}`,
  ];
  return [...parts, ...(judge === undefined ? [] : [`likeness:${LIKENESS_WEIGHT}:${judge}`])].join('|');
}

/** Images captioned at once: one when a person waits, many when a data set is measured. Sessions have static shapes. */
const GROUPS = [1, 16] as const;
type Group = (typeof GROUPS)[number];

interface Sessions {
  readonly images: Session;
  readonly step: Session;
}

export class Captioner {
  private readonly vocabulary: Vocabulary;
  private readonly decoders: readonly Decoder[];
  private readonly sessions = new Map<string, Promise<Sessions>>();

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly threads: number | undefined,
  ) {
    this.vocabulary = new Vocabulary(checkpoint.header.vocabulary);
    this.decoders = decodersOf(checkpoint.header);
  }

  static load(checkpoint: Checkpoint, threads?: number): Captioner {
    return new Captioner(checkpoint, threads);
  }

  get header(): CheckpointHeader {
    return this.checkpoint.header;
  }

  /**
   * Captions for each image, best first, at most the beam width.
   *
   * @param regions float16 bits [regions * regionSize] of each image, from the encoder that the checkpoint names
   * @param judge says of the captions found how well they fit the photo, which counts where they are chosen by
   *   consensus
   * @throws EkphrasisError BAD_USER_INPUT when an option is out of range
   */
  async caption(
    regions: readonly Uint16Array[],
    options: Partial<CaptionOptions> = {},
    judge?: Judge,
  ): Promise<Caption[][]> {
    const settings = checkOptions({ ...DEFAULT_OPTIONS, ...options });
    const captions: Caption[][] = [];
    while (captions.length < regions.length) {
      const rest = regions.length - captions.length;
      const group = rest >= GROUPS[1] / 2 ? GROUPS[1] : GROUPS[0];
      captions.push(
        ...(await this.captionGroup(regions.slice(captions.length, captions.length + group), group, settings, judge)),
      );
    }
    return captions;
  }

  async close(): Promise<void> {
    for (const pending of this.sessions.values()) {
      const sessions = await pending;
      await sessions.images.release();
      await sessions.step.release();
    }
    this.sessions.clear();
  }

  private async captionGroup(
    regions: readonly Uint16Array[],
    group: Group,
    options: CaptionOptions,
    judge?: Judge,
  ): Promise<Caption[][]> {
    const beamWidth = options.consensus ? Math.max(options.beamWidth, CONSENSUS_WIDTH) : options.beamWidth;
    const settings = { ...options, beamWidth };
    const { regions: places, regionSize } = this.checkpoint.header.settings;
    const vocabularySize = this.vocabulary.size;
    const sessions = await this.sessionsFor(group, beamWidth);
    const size = places * regionSize;
    const batch = new Float32Array(group * size);
    regions.forEach((bits, image) => {
      batch.set(fromHalf(bits), image * size);
    });
    const scene = await sessions.images.run(new Map<string, TensorData>([['regions', batch]]));

    const searches = regions.map(() => new BeamSearch(settings));
    const attention = new AttentionTrail(searches.length, places);
    const feeds = new Map<string, TensorData>(scene);
    while (searches.some((search) => !search.done)) {
      const words = new Int32Array(group * beamWidth);
      searches.forEach((search, image) => {
        search.hypotheses.forEach((_, row) => {
          words[image * beamWidth + row] = search.lastWord(row);
        });
      });
      const result = await sessions.step.run(feeds.set('words', words));
      const scores = output(result, 'logProbabilities');
      const parents = new Int32Array(group * beamWidth);
      searches.forEach((search, image) => {
        if (search.done) return;
        const first = image * beamWidth;
        search.advance(scores.subarray(first * vocabularySize, (first + beamWidth) * vocabularySize), vocabularySize);
        search.hypotheses.forEach(({ parent }, row) => {
          parents[first + row] = first + parent;
        });
        attention.record(
          image,
          result.get('attention')?.subarray(first * places, (first + beamWidth) * places),
          search,
        );
      });
      for (const [name, next] of result) {
        if (name.startsWith(NEXT)) feeds.set(name.slice(NEXT.length), takeRows(next, parents));
      }
    }
    const found = searches.map((search) => search.results());
    const chosen = options.consensus ? await this.byConsensus(found, regions, judge) : found;
    return chosen.map((all, image) =>
      all.slice(0, options.beamWidth).map((finished) => this.toCaption(finished, attention.of(image, finished))),
    );
  }

  /** Of each photo's captions those without echoes, by how far they agree and how like the photo they are. */
  private async byConsensus(
    found: readonly (readonly Finished[])[],
    regions: readonly Uint16Array[],
    judge?: Judge,
  ): Promise<Finished[][]> {
    const told = found.map((all) =>
      all.map((finished) => ({ finished, text: joinWords(this.vocabulary.decode(finished.words)) })),
    );
    const candidates = told.map((all) => withoutEchoes(all, ({ text }) => text));
    const likeness = await judge?.(
      regions,
      candidates.map((all) => all.map(({ text }) => text)),
    );
    return candidates.map((all, image) =>
      byAgreement(
        all.map(({ finished }) => finished),
        likeness?.[image],
      ),
    );
  }

  private toCaption(finished: Finished, attention: readonly Float32Array[]): Caption {
    const texts = this.vocabulary.decode(finished.words);
    return {
      text: joinWords(texts),
      words: texts.map((word, index) => ({
        word,
        probability: Math.exp(finished.logProbabilities[index] ?? -Infinity),
        attention: attention[index] ?? new Float32Array(),
      })),
      logProbability: finished.logProbability,
      score: finished.score,
    };
  }

  private sessionsFor(images: number, beams: number): Promise<Sessions> {
    const key = `${images}x${beams}`;
    let sessions = this.sessions.get(key);
    if (!sessions) {
      sessions = this.createSessions(images, beams);
      this.sessions.set(key, sessions);
    }
    return sessions;
  }

  private async createSessions(images: number, captions: number): Promise<Sessions> {
    const options = { fixed: this.checkpoint.parameters, threads: this.threads };
    return {
      images: await createImageGraph(this.decoders, { images, captions }, options),
      step: await createStepGraph(this.decoders, { images, captions }, options),
    };
  }
}

/** Captions by how far they agree with all of them, and by how like the photo they are, which becomes their score. */
function byAgreement(found: readonly Finished[], likeness: readonly number[] = []): Finished[] {
  const scores = agreement(found);
  return found
    .map((finished, place) => ({ ...finished, score: (scores[place] ?? 0) + LIKENESS_WEIGHT * (likeness[place] ?? 0) }))
    .sort((a, b) => b.score - a.score);
}

/** Remembers, for every hypothesis of every image, where each of its words looked. */
class AttentionTrail {
  private readonly trails: Map<string, readonly Float32Array[]>[];
  private readonly previous: (readonly (readonly Float32Array[])[])[];

  constructor(
    images: number,
    private readonly places: number,
  ) {
    this.trails = Array.from({ length: images }, () => new Map<string, readonly Float32Array[]>());
    this.previous = Array.from({ length: images }, () => [[]]);
  }

  /**
   * @param weights [beams, regions] of the step that the search has just advanced by; nothing of decoders without
   *   attention
   */
  record(image: number, weights: Float32Array | undefined, search: BeamSearch): void {
    if (!weights) return;
    const before = this.previous[image] ?? [];
    const trails = this.trails[image];
    const seen = (parent: number) => [
      ...(before[parent] ?? []),
      weights.slice(parent * this.places, (parent + 1) * this.places),
    ];
    for (const finished of search.results()) {
      const key = finished.words.join();
      if (trails && !trails.has(key)) trails.set(key, seen(finished.parent));
    }
    this.previous[image] = search.hypotheses.map(({ parent }) => seen(parent));
  }

  of(image: number, finished: Finished): readonly Float32Array[] {
    return this.trails[image]?.get(finished.words.join()) ?? [];
  }
}

function output(results: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const data = results.get(name);
  if (!data) throw new RangeError(`the decoder computes no ${name}`);
  return data;
}

/** @param data [rows, ...], as many rows as are taken */
function takeRows(data: Float32Array, rows: Int32Array): Float32Array {
  const width = data.length / rows.length;
  const taken = new Float32Array(data.length);
  rows.forEach((row, place) => {
    taken.set(data.subarray(row * width, (row + 1) * width), place * width);
  });
  return taken;
}

function checkOptions(settings: CaptionOptions): CaptionOptions {
  const within = (value: number, low: number, high: number) => value >= low && value <= high;
  if (!Number.isInteger(settings.beamWidth) || !within(settings.beamWidth, 1, 20)) {
    throw new EkphrasisError(ErrorCode.BadInput, 'The beam width is a whole number from 1 to 20.');
  }
  if (!Number.isInteger(settings.maximumLength) || !within(settings.maximumLength, 1, 50)) {
    throw new EkphrasisError(ErrorCode.BadInput, 'The maximum length is a whole number of words from 1 to 50.');
  }
  if (!within(settings.lengthExponent, 0, 2))
    throw new EkphrasisError(ErrorCode.BadInput, 'The length exponent is from 0 to 2.');
  return settings;
}

/** Beam search over one caption's words, apart from the network that scores them. */
import { END, PAD, START, UNKNOWN } from '../language/vocabulary.js';

export interface BeamSettings {
  /** Captions kept at every word. */
  readonly beamWidth: number;
  /** A finished caption's score is its log-probability / words^exponent (Wu et al. 2016, section 7). */
  readonly lengthExponent: number;
  /** Words, without the end. */
  readonly maximumLength: number;
}

/** A caption being written. */
export interface Hypothesis {
  readonly words: readonly number[];
  /** Natural logarithm of each word's probability, the end's included once it is finished. */
  readonly logProbabilities: readonly number[];
  readonly logProbability: number;
  /** Which hypothesis of the step before it continues: the row its state is taken from. */
  readonly parent: number;
}

export interface Finished extends Hypothesis {
  readonly score: number;
}

/** No caption says the same three words twice (Paulus et al. 2018, section 2.5). */
const BLOCKED_LENGTH = 3;

/** One caption's search. `advance` is given the scores of the next word until `done`. */
export class BeamSearch {
  private alive: Hypothesis[] = [{ words: [], logProbabilities: [], logProbability: 0, parent: 0 }];
  private readonly finished: Finished[] = [];

  constructor(private readonly settings: BeamSettings) {}

  /** The hypotheses to score next, best first; at most the beam width, one at the start. */
  get hypotheses(): readonly Hypothesis[] {
    return this.alive;
  }

  get done(): boolean {
    return this.alive.length === 0;
  }

  /** The word each hypothesis ends with: what the decoder is given next. */
  lastWord(row: number): number {
    return this.alive[row]?.words.at(-1) ?? START;
  }

  /**
   * Adds a word to every hypothesis and keeps the best.
   *
   * @param logProbabilities natural logarithms, row by row in the order of `hypotheses`: [rows, vocabularySize]
   */
  advance(logProbabilities: Float32Array, vocabularySize: number): void {
    const { beamWidth, maximumLength } = this.settings;
    const candidates = this.alive.flatMap((hypothesis, parent) => {
      const row = logProbabilities.subarray(parent * vocabularySize, (parent + 1) * vocabularySize);
      if (hypothesis.words.length >= maximumLength) return [extend(hypothesis, END, row[END] ?? -Infinity, parent)];
      // A caption has a word at least.
      const blocked = hypothesis.words.length === 0 ? new Set([END]) : repeatedWords(hypothesis.words);
      return best(row, beamWidth + 1, blocked).map((word) => extend(hypothesis, word, row[word] ?? -Infinity, parent));
    });
    candidates.sort((a, b) => b.logProbability - a.logProbability);
    this.alive = [];
    for (const candidate of candidates.slice(0, beamWidth)) {
      if (candidate.words.at(-1) === END) this.finish(candidate);
      else this.alive.push(candidate);
    }
    if (this.finished.length >= beamWidth && this.noneCanWin()) this.alive = [];
  }

  /** The finished captions, best first. */
  results(): Finished[] {
    return [...this.finished].sort((a, b) => b.score - a.score).slice(0, this.settings.beamWidth);
  }

  private finish(hypothesis: Hypothesis): void {
    const words = hypothesis.words.slice(0, -1);
    this.finished.push({ ...hypothesis, words, score: this.score(hypothesis.logProbability, hypothesis.words.length) });
  }

  /** Log-probability by length, the end counted. */
  private score(logProbability: number, length: number): number {
    return logProbability / length ** this.settings.lengthExponent;
  }

  /** A longer caption is never more probable; at most its length can still help it. */
  private noneCanWin(): boolean {
    const worst = this.results().at(-1)?.score ?? -Infinity;
    return this.alive.every(
      ({ logProbability }) => this.score(logProbability, this.settings.maximumLength + 1) <= worst,
    );
  }
}

function extend(hypothesis: Hypothesis, word: number, logProbability: number, parent: number): Hypothesis {
  return {
    words: [...hypothesis.words, word],
    logProbabilities: [...hypothesis.logProbabilities, logProbability],
    logProbability: hypothesis.logProbability + logProbability,
    parent,
  };
}

/** Words that would end a sequence of three which the caption has already. */
function repeatedWords(words: readonly number[]): Set<number> {
  const recent = words.slice(words.length - (BLOCKED_LENGTH - 1));
  const repeated = new Set<number>();
  if (recent.length < BLOCKED_LENGTH - 1) return repeated;
  for (let start = 0; start + BLOCKED_LENGTH <= words.length; start++) {
    const word = words[start + BLOCKED_LENGTH - 1];
    if (word !== undefined && recent.every((recentWord, offset) => words[start + offset] === recentWord))
      repeated.add(word);
  }
  return repeated;
}

/** The `count` most probable words of a row, without those that are never said and those that are blocked. */
function best(row: Float32Array, count: number, blocked: ReadonlySet<number>): number[] {
  const top: number[] = [];
  row.forEach((value, word) => {
    const last = top.length === count ? (row[top[count - 1] ?? 0] ?? -Infinity) : -Infinity;
    if (value <= last || word === PAD || word === START || word === UNKNOWN || blocked.has(word)) return;
    const place = top.findIndex((other) => value > (row[other] ?? -Infinity));
    top.splice(place === -1 ? top.length : place, 0, word);
    if (top.length > count) top.pop();
  });
  return top;
}

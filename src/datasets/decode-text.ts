/** From a text file's bytes to its text, whatever wrote it. */
import { analyse } from 'chardet';
import iconv from 'iconv-lite';
import { latinEncodingOf } from './letters.js';

export interface DecodedText {
  readonly text: string;
  /** The encoding, where it was guessed and not known. */
  readonly guess?: string;
  /** The words that it was guessed by, in that encoding, where it is neither UTF-8 nor UTF-16. */
  readonly evidence?: Uint8Array;
  /** Numbers of the lines that are not in the encoding of the others, from 1; they were read as Windows-1252. */
  readonly oddLines: readonly number[];
}

const WESTERN = 'windows-1252';
const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d];

/**
 * Bytes of Western Europe's encoding. Not by the platform's own decoder: that of Node.js 20 takes it for ISO 8859-1,
 * and loses the quotation marks and dashes that it has in place of control characters.
 */
export function decodeWestern(bytes: Uint8Array): string {
  return iconv.decode(Buffer.from(bytes), WESTERN);
}

/**
 * UTF-8 and UTF-16 are known; every other encoding is guessed by its letters, or by how often which bytes follow each
 * other.
 *
 * @param guess of the encoding of texts that are in none of these: what is known of other texts beside this one
 */
export function decodeText(bytes: Uint8Array, guess?: string): DecodedText {
  const marked = byMark(bytes);
  // A program that adds a mark to a text with one leaves two.
  if (marked !== undefined)
    return { text: iconv.decode(Buffer.from(bytes), marked).replace(/^\ufeff+/, ''), oddLines: [] };
  const wide = withoutMark(bytes);
  if (wide !== undefined) return { text: new TextDecoder(wide).decode(bytes), guess: wide.toUpperCase(), oddLines: [] };
  const text = decodeStrictly(bytes);
  return text === undefined ? decodeOther(bytes, guess) : { text, oddLines: [] };
}

/** The encoding that a byte order mark at the start names. */
function byMark(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be' | undefined {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe && third === 0 && fourth === 0) return 'utf-32le';
  if (first === 0 && second === 0 && third === 0xfe && fourth === 0xff) return 'utf-32be';
  if (first === 0xef && second === 0xbb && third === 0xbf)
    return decodeStrictly(bytes) === undefined ? undefined : 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/**
 * UTF-16 without a mark shows by the upper halves of its Latin letters and line ends: every second byte of them is NUL.
 * Where these are few, the rest must be no text of single bytes: a NUL or two strayed into that is none.
 */
function withoutMark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, 65_536);
  const zeros = [0, 0];
  sample.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const enough = sample.length / (isPlain(sample) ? 4 : 10);
  if (odd > enough && odd > 3 * even) return 'utf-16le';
  return even > enough && even > 3 * odd ? 'utf-16be' : undefined;
}

/** Whether but for NULs the bytes are ASCII that can be read. */
function isPlain(bytes: Uint8Array): boolean {
  return bytes.every(
    (byte) => byte === 0 || (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= CARRIAGE_RETURN),
  );
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeOther(bytes: Uint8Array, known: string | undefined): DecodedText {
  const lines = linesOf(bytes).map((line) => ({ line, text: decodeStrictly(line) }));
  // Where other letters than English ones are in UTF-8, the file is, and a few of its lines are damaged.
  const isUtf8 = lines.some(({ line, text }) => text !== undefined && text.length < line.length);
  if (isUtf8) {
    const text = lines.map((one) => one.text ?? decodeWestern(one.line)).join('');
    return { text, oddLines: lines.flatMap((one, index) => (one.text === undefined ? [index + 1] : [])) };
  }
  const guess = known ?? guessEncoding(bytes);
  return {
    text: iconv.decode(Buffer.from(bytes), guess),
    guess: nameOf(guess),
    evidence: foreignWords(bytes),
    oddLines: [],
  };
}

/** With their line ends; CR LF ends one line. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  bytes.forEach((byte, index) => {
    if (byte !== LINE_FEED && (byte !== CARRIAGE_RETURN || bytes[index + 1] === LINE_FEED)) return;
    lines.push(bytes.subarray(start, index + 1));
    start = index + 1;
  });
  if (start < bytes.length) lines.push(bytes.subarray(start));
  return lines;
}

/**
 * Share of letters that must be of one language for a text to be taken for one in Latin letters, whatever else speaks
 * against it.
 */
const GOOD_FIT = 0.9;

/**
 * The encoding of texts that are in none that is known, by the name of it. Letters beyond ASCII stand alone between
 * others in most languages of the Latin script, and beside each other in those that have no others: a library tells
 * these apart.
 */
export function guessEncoding(bytes: Uint8Array): string {
  const latin = latinEncodingOf(bytes);
  if (latin.fit >= GOOD_FIT || !standBeside(bytes)) return latin.encoding;
  const names = analyse(foreignWords(bytes)).map(({ name }) => name.toLowerCase());
  return names.find((name) => !LATIN.test(name) && name !== 'utf-8' && iconv.encodingExists(name)) ?? latin.encoding;
}

const LATIN = /^(?:windows-125[0247]|iso-8859-(?:1|2|9|15))$/;

/** Whether most bytes beyond ASCII have others beside them. */
function standBeside(bytes: Uint8Array): boolean {
  let high = 0;
  let beside = 0;
  bytes.forEach((byte, index) => {
    if (byte < 0x80) return;
    high += 1;
    if ((bytes[index - 1] ?? 0) >= 0x80 || (bytes[index + 1] ?? 0) >= 0x80) beside += 1;
  });
  return beside >= high / 2;
}

/**
 * Words with a byte beyond ASCII: names of columns and of photos would make a text look English. No encoding has a
 * letter below `0`.
 */
function foreignWords(bytes: Uint8Array): Uint8Array {
  const words = Buffer.from(bytes)
    .toString('latin1')
    .split(/[\0-/:-?]+/)
    .filter((word) => /[^\0-\x7f]/.test(word));
  return Buffer.from(words.join(' '), 'latin1');
}

function nameOf(encoding: string): string {
  return encoding.startsWith('windows') ? encoding.replace('w', 'W') : encoding.toUpperCase();
}

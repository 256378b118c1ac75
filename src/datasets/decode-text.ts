/** From a text file's bytes to its text, whatever wrote it. */
import { analyse } from 'chardet';

export interface DecodedText {
  readonly text: string;
  /** The encoding, where it was guessed and not known. */
  readonly guess?: string;
  /** Numbers of the lines that are not in the encoding of the others, from 1; they were read as Windows-1252. */
  readonly oddLines: readonly number[];
}

const WESTERN = 'windows-1252';
const LINE_FEED = 0x0a;

/** UTF-8 and UTF-16 are known; every other encoding is guessed by how often which bytes follow each other. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const marked = byMark(bytes);
  if (marked !== undefined) return { text: new TextDecoder(marked).decode(bytes), oddLines: [] };
  const wide = withoutMark(bytes);
  if (wide !== undefined) return { text: new TextDecoder(wide).decode(bytes), guess: wide.toUpperCase(), oddLines: [] };
  const text = decodeStrictly(bytes);
  return text === undefined ? decodeOther(bytes) : { text, oddLines: [] };
}

/** The encoding that a byte order mark at the start names. */
function byMark(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return decodeStrictly(bytes) === undefined ? undefined : 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** UTF-16 without a mark shows by the upper halves of its Latin letters and line ends: every second byte of them is NUL. */
function withoutMark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, 65_536);
  const zeros = [0, 0];
  sample.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const enough = sample.length / 10;
  if (odd > enough && odd > 10 * even) return 'utf-16le';
  return even > enough && even > 10 * odd ? 'utf-16be' : undefined;
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeOther(bytes: Uint8Array): DecodedText {
  const lines = linesOf(bytes).map((line) => ({ line, text: decodeStrictly(line) }));
  // Where other letters than English ones are in UTF-8, the file is, and a few of its lines are damaged.
  const isUtf8 = lines.some(({ line, text }) => text !== undefined && text.length < line.length);
  if (isUtf8) {
    const western = new TextDecoder(WESTERN);
    const text = lines.map((one) => one.text ?? western.decode(one.line)).join('');
    return { text, oddLines: lines.flatMap((one, index) => (one.text === undefined ? [index + 1] : [])) };
  }
  const guess = guessEncoding(bytes);
  return { text: new TextDecoder(guess).decode(bytes), guess: nameOf(guess), oddLines: [] };
}

/** With their line feeds. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, start);
    const next = end === -1 ? bytes.length : end + 1;
    lines.push(bytes.subarray(start, next));
    start = next;
  }
  return lines;
}

/**
 * Letters beyond ASCII stand alone between others in the languages of Western Europe, and beside each other in those that
 * have no others. Only of the latter can a library tell more than that.
 */
function guessEncoding(bytes: Uint8Array): string {
  let high = 0;
  let beside = 0;
  bytes.forEach((byte, index) => {
    if (byte < 0x80) return;
    high += 1;
    if ((bytes[index - 1] ?? 0) >= 0x80 || (bytes[index + 1] ?? 0) >= 0x80) beside += 1;
  });
  if (beside < high / 2) return WESTERN;
  return analyse(bytes).map(({ name }) => labelOf(name)).find((label) => label !== undefined && label !== 'utf-8') ?? WESTERN;
}

/** The name by which this program's decoder knows an encoding, if it does. */
function labelOf(name: string): string | undefined {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return undefined;
  }
}

function nameOf(label: string): string {
  return label === WESTERN ? 'Windows-1252' : label;
}

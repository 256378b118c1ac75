/** Files of a data set that may hold captions, as their readers see them. */
import { readFile, stat } from 'node:fs/promises';
import { type DecodedText, decodeText, guessEncoding } from './decode-text.js';
import type { FolderFile } from './folder.js';
import { parseLoosely } from './loose-json.js';
import { hasTextExtension, readHead } from './photo-files.js';
import { amount, type ProblemList } from './problems.js';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** The largest file that is looked into: what a string can hold, and more than the captions of any known data set. */
const LARGEST = 512 * 1024 * 1024;
const HEAD = 4096;
/** Share of control characters above which a file is no text. */
const MOST_CONTROLS = 0.1;
/** Bytes of words that tell an encoding well enough. */
const ENOUGH_EVIDENCE = 1000;
const LINE_END = /\r\n|\n|\r/;

const BLANK = Buffer.from(' ');

export class TextFile {
  private parsed: { readonly value: unknown } | undefined;
  private split: readonly Line[] | undefined;

  constructor(
    readonly path: string,
    readonly name: string,
    readonly text: string,
    private readonly encoding: Omit<DecodedText, 'text'>,
    /** Where what it was guessed by is little. */
    private readonly bytes: Uint8Array | undefined,
  ) {}

  static decode(path: string, name: string, bytes: Uint8Array, guess?: string): TextFile {
    const { text, ...encoding } = decodeText(bytes, guess);
    const isUnsure = encoding.evidence !== undefined && encoding.evidence.length < ENOUGH_EVIDENCE;
    return new TextFile(path, name, text, encoding, isUnsure ? bytes : undefined);
  }

  /** The words that its encoding was guessed by; none where it is known. */
  get evidence(): Uint8Array | undefined {
    return this.encoding.evidence;
  }

  /** Read in the encoding that the files beside it are in, where it says too little itself. */
  in(encoding: string): TextFile {
    return this.bytes ? TextFile.decode(this.path, this.name, this.bytes, encoding) : this;
  }

  /** Folder that the file lies in, below the data set's; empty for that itself. */
  get folder(): string {
    return this.path.slice(0, Math.max(0, this.path.length - this.name.length - 1));
  }

  /** Lines that are not blank. */
  get lines(): readonly Line[] {
    this.split ??= this.text
      .split(LINE_END)
      .map((text, index) => ({ number: index + 1, text }))
      .filter(({ text }) => text.trim() !== '');
    return this.split;
  }

  /** The first line that is not blank, without reading on. */
  get firstLine(): string {
    return /[^\r\n]*\S[^\r\n]*/.exec(this.text)?.[0] ?? '';
  }

  /** What the file holds as one JSON value; undefined when it is none. */
  get json(): unknown {
    this.parsed ??= { value: /^\s*[{[]/.test(this.text) ? parseLoosely(this.text) : undefined };
    return this.parsed.value;
  }

  /** A line for a person, such as `line 3 of captions.txt`. */
  placeOf(line: number): string {
    return `line ${line} of ${this.path}`;
  }

  /** Says how the file's letters were read, if that was not plain. */
  tellEncoding(problems: ProblemList): void {
    const { guess, oddLines } = this.encoding;
    if (guess !== undefined) {
      problems.add(
        'guessed encoding',
        (count) => `The encoding of ${amount(count, 'file')} was guessed: check the letters of its captions`,
        `${this.path} (${guess})`,
      );
    }
    for (const line of oddLines) {
      problems.add(
        'line in another encoding',
        (count) =>
          `${amount(count, 'line is', 'lines are')} no UTF-8 and ${count === 1 ? 'was' : 'were'} read as Windows-1252`,
        this.placeOf(line),
      );
    }
  }
}

/** @returns undefined for a file that is no text, too large or may not be read */
export async function readTextFile(
  { path, name, location }: FolderFile,
  problems: ProblemList,
): Promise<TextFile | undefined> {
  if (!hasTextExtension(name) && !isText(await readHead(location, HEAD))) return undefined;
  const { size } = await stat(location);
  if (size > LARGEST) {
    problems.add(
      'too large a file',
      (count) =>
        `${amount(count, 'text file is', 'text files are')} too large to be looked into for captions (512 MiB)`,
      path,
    );
    return undefined;
  }
  try {
    return TextFile.decode(path, name, await readFile(location));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    problems.add(
      'unreadable file',
      (count) => `${amount(count, 'text file')} could not be read`,
      `${path} (${reason})`,
    );
    return undefined;
  }
}

/**
 * The files of a data set come from one system: those that say too little of their encoding are in that of all
 * together.
 */
export function withOneEncoding(files: readonly TextFile[]): TextFile[] {
  const evidence = files.flatMap((file) => (file.evidence ? [file.evidence, BLANK] : []));
  const encoding = guessEncoding(Buffer.concat(evidence));
  return files.map((file) => file.in(encoding));
}

function isText(head: Uint8Array): boolean {
  const { text } = decodeText(head);
  const controls = text.match(/[^\P{Cc}\t\r\n]/gu)?.length ?? 0;
  return controls <= text.length * MOST_CONTROLS;
}

/** An object's own members; undefined for what is no object. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

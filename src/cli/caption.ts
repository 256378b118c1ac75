/** `ekphrasis caption PHOTO…` */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import type { Application } from '../application.js';
import type { CaptionedPhoto } from '../collection/caption-photo.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { AttentionSheets } from './attention.js';
import { json } from './options.js';
import { withProgress } from './progress.js';
import { type CommandContext, describeError, ExitCode, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function addCaptionCommand(
  program: Command,
  config: () => Config,
  context: CommandContext,
  end: (code: ExitCode) => void,
): void {
  program
    .command('caption')
    .description('write a sentence for each photo; the photos become part of the collection')
    .argument('<photo...>', 'files with photos')
    .addOption(
      new Option('--jsonl', 'print a line of JSON for each photo as soon as it has its caption')
        .conflicts('json')
        .default(false),
    )
    .option('--attention <dir>', 'also write pictures of where the model looked for each word, NAME.png, and NAME.json')
    .addOption(json())
    .action(async (photos: string[], options: CaptionCommandOptions) => {
      end(await captionCommand(config(), context, photos, options));
    });
}

interface CaptionCommandOptions {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly attention?: string;
}

/** What becomes of one file: a caption, or why there is none. */
type Outcome =
  | {
      readonly file: string;
      readonly caption: string;
      /** Of the whole caption, 0..1. */
      readonly probability: number;
      /** What is to be known of the file, a sentence each. */
      readonly notices: readonly string[];
      readonly words: readonly {
        readonly word: string;
        readonly probability: number;
        readonly attention: readonly number[];
      }[];
    }
  | { readonly file: string; readonly error: { readonly code: string; readonly message: string } };

/** Errors of one photo; any other would meet every photo and ends the command. */
const ERRORS_OF_A_PHOTO: ReadonlySet<string> = new Set([
  ErrorCode.InvalidImage,
  ErrorCode.ImageTooLarge,
  ErrorCode.NotFound,
  ErrorCode.BadInput,
  ErrorCode.Conflict,
]);

/** Photos in the works at once: one is decoded while another is seen and a third is captioned. */
const AT_ONCE = 4;

/**
 * Captions every photo, also when some cannot be read, and prints each as soon as it has its caption, in the order in
 * which they were named: what was printed before the command was ended is stored. Exit code 1 when any could not be
 * read.
 */
export function captionCommand(
  config: Config,
  context: CommandContext,
  files: readonly string[],
  options: CaptionCommandOptions,
): Promise<ExitCode> {
  return withApplication(config, context, async (application) => {
    // What would fail for every photo is said once, before the first.
    const model = await application.currentModel();
    const sheets =
      options.attention === undefined ? undefined : AttentionSheets.open(options.attention, model, application);
    const outcomes: Outcome[] = [];
    await withProgress(context.stderr, { label: 'Captioning', unit: 'photos', total: files.length }, async (update) => {
      for (let start = 0; start < files.length && !context.signal.aborted; start += AT_ONCE) {
        const group = files
          .slice(start, start + AT_ONCE)
          .map((file) => captionFile(application, file, config.limits.maximumBytes, sheets));
        // Until their turn comes, none of them fails unheard.
        const all = Promise.all(group);
        all.catch(() => undefined);
        for (const waiting of group) {
          const outcome = await waiting;
          outcomes.push(outcome);
          print(context, outcome, options);
          update(outcomes.length);
        }
      }
    });
    if (options.json) printJson(context.stdout, outcomes);
    return outcomes.some((outcome) => 'error' in outcome) ? ExitCode.Failure : ExitCode.Success;
  });
}

function print(
  { stdout, stderr }: CommandContext,
  outcome: Outcome,
  { json: asJson, jsonl }: CaptionCommandOptions,
): void {
  if (jsonl) printLine(stdout, JSON.stringify(outcome));
  if ('error' in outcome) {
    printLine(stderr, `${outcome.file}: ${outcome.error.code}: ${outcome.error.message}`);
    return;
  }
  for (const notice of outcome.notices) printLine(stderr, `${outcome.file}: ${notice}`);
  if (!asJson && !jsonl) printLine(stdout, `${outcome.file}: ${outcome.caption}`);
}

async function captionFile(
  application: Application,
  file: string,
  maximumBytes: number,
  sheets: AttentionSheets | undefined,
): Promise<Outcome> {
  try {
    const { caption, notices } = await captionOf(application, file, maximumBytes);
    await sheets?.write(file, caption);
    const { text, logProbability, words } = caption;
    // A typed array would be printed as an object.
    const listed = words.map((word) => ({ ...word, attention: Array.from(word.attention, rounded) }));
    return { file, caption: text, probability: Math.exp(logProbability), notices, words: listed };
  } catch (error) {
    const { code, message } = describeError(error);
    if (!ERRORS_OF_A_PHOTO.has(code)) throw error;
    return { file, error: { code, message } };
  }
}

/** A photo that a library has stays where it is; others are stored. */
async function captionOf(
  application: Application,
  file: string,
  maximumBytes: number,
): Promise<Pick<CaptionedPhoto, 'caption' | 'notices'>> {
  const ofLibrary = await application.takeLibraryFile(file);
  if (ofLibrary !== undefined) {
    const [caption] = await application.captionStored([ofLibrary], await application.currentModel());
    if (caption) return { caption, notices: [] };
  }
  const bytes = await readPhoto(file, maximumBytes);
  return application.captionPhoto({ bytes, name: basename(file) });
}

function rounded(weight: number): number {
  return Number(weight.toFixed(4));
}

/** A whole file, refused by its size before it is read. */
async function readPhoto(file: string, maximumBytes: number): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const found = await handle.stat();
    if (found.isDirectory()) {
      throw new EkphrasisError(
        ErrorCode.BadInput,
        'This is a folder. Name its photos, or import it: ekphrasis import FOLDER.',
      );
    }
    const { size } = found;
    if (size > maximumBytes) {
      throw new EkphrasisError(
        ErrorCode.ImageTooLarge,
        `The file has ${size} bytes; a photo may have ${maximumBytes} (MAX_UPLOAD_BYTES).`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

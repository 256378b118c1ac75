/** `ekphrasis alt-text FILE.html… [--write] [--suggest]` */
import { dirname, resolve, sep } from 'node:path';
import type { Command, Option } from 'commander';
import { Option as CommandOption } from 'commander';
import { z } from 'zod';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isBelow } from '../files/is-below.js';
import { DONE, fillPage, IMAGE_OUTCOMES, type ImageOutcome, type LookUp, type PageReport } from '../sites/fill-page.js';
import { ImageFiles } from '../sites/image-files.js';
import { type AskApi, withApi } from './api.js';
import { type CommandContext, counted, describeError, ExitCode, printJson, printLine } from './terminal.js';

interface FillOptions {
  readonly write: boolean;
  readonly suggest: boolean;
  readonly root?: string;
  readonly language?: string;
  readonly json: boolean;
}

type Outcome =
  PageReport | { readonly file: string; readonly error: { readonly code: string; readonly message: string } };

/** Files looked up at once. */
const AT_ONCE = 50;

const IN_WORDS: Readonly<Record<ImageOutcome, string>> = {
  kept: 'has a text',
  marked: 'has a text that nobody has approved',
  filled: 'approved',
  decorative: 'decorative',
  suggested: 'suggested, nobody has approved it',
  missing: 'no approved text',
  unknown: 'no photo of the collection',
  ambiguous: 'its files are several photos',
  notFound: 'no such file',
  remote: 'on another server',
};

export function addFillCommand(
  altText: Command,
  config: () => Config,
  context: CommandContext,
  { json, end }: { readonly json: () => Option; readonly end: (code: ExitCode) => void },
): void {
  altText
    .command('fill', { isDefault: true })
    .description('give images of HTML files their missing alt attributes, from approved texts; the default command')
    .argument('<file...>', 'HTML files. Nothing else in them is changed')
    .option('--write', 'change the files. Default: only say what would be changed', false)
    .addOption(new CommandOption('--dry-run', 'only say what would be changed').conflicts('write'))
    .option('--suggest', 'put in suggested texts as well, marked with data-alt-source="suggestion"', false)
    .option('--root <dir>', 'what addresses that begin with / begin with. Default: the folder that all files are in')
    .option('--language <tag>', 'of the texts. Default: what <html lang> says')
    .addOption(json())
    .addHelpText(
      'after',
      '\nExit codes: 0 every image has an alt attribute now, 1 a file could not be read or written, 3 images are left without.',
    )
    .action(async (files: string[], options: FillOptions) => {
      end(await fillCommand(config(), context, files, options));
    });
}

async function fillCommand(
  config: Config,
  context: CommandContext,
  files: readonly string[],
  options: FillOptions,
): Promise<ExitCode> {
  const paths = files.map((file) => resolve(file));
  const root = options.root === undefined ? sharedFolder(paths) : resolve(options.root);
  const outside = paths.find((path) => !isBelow(path, root));
  if (outside !== undefined) throw new EkphrasisError(ErrorCode.BadInput, `${outside} is not below --root ${root}.`);
  const { language, suggest, write } = options;
  const outcomes: Outcome[] = [];
  await withApi(config, context, async (ask) => {
    const known = new ImageFiles();
    const lookUp = lookUpBy(ask);
    for (const file of files) {
      context.signal.throwIfAborted();
      try {
        outcomes.push(await fillPage({ file, root, language, suggest, write }, known, lookUp));
      } catch (error) {
        context.signal.throwIfAborted();
        outcomes.push({ file, error: describeError(error) });
      }
    }
  });
  if (options.json) printJson(context.stdout, { written: write, counts: countsOf(outcomes), files: outcomes });
  else print(context, outcomes, options);
  if (outcomes.some((outcome) => 'error' in outcome)) return ExitCode.Failure;
  return isComplete(outcomes, write) ? ExitCode.Success : ExitCode.Incomplete;
}

function lookUpBy(ask: AskApi): LookUp {
  const schema = z.object({
    altTextsOfFiles: z.array(
      z
        .object({
          image: z.object({ id: z.string() }),
          state: z.enum(['MISSING', 'SUGGESTED', 'APPROVED', 'DECORATIVE']),
          altText: z.object({ text: z.string() }).nullable(),
          suggestions: z.array(z.object({ text: z.string() })),
        })
        .nullable(),
    ),
  });
  const operation = `query ($sha256s: [String!]!, $language: String) { altTextsOfFiles(sha256s: $sha256s, language: $language) {
    image { id } state altText { text } suggestions { text } } }`;
  return async (sha256s, language) => {
    const found = [];
    for (let start = 0; start < sha256s.length; start += AT_ONCE) {
      const { altTextsOfFiles } = await ask(schema, operation, {
        sha256s: sha256s.slice(start, start + AT_ONCE),
        language,
      });
      found.push(...altTextsOfFiles);
    }
    return found.map((entry) => {
      if (!entry) return undefined;
      const { image, state, altText, suggestions } = entry;
      return { imageId: image.id, state, text: state === 'APPROVED' ? altText?.text : suggestions[0]?.text };
    });
  };
}

/** What is on the disk now, so that a build can ask for it. */
function isComplete(outcomes: readonly Outcome[], write: boolean): boolean {
  const kept: ReadonlySet<ImageOutcome> = new Set(['kept', 'marked']);
  const enough = write ? DONE : kept;
  return outcomes.every((outcome) => 'error' in outcome || outcome.images.every((image) => enough.has(image.outcome)));
}

function countsOf(outcomes: readonly Outcome[]): Record<ImageOutcome, number> {
  const images = outcomes.flatMap((outcome) => ('error' in outcome ? [] : outcome.images));
  return Object.fromEntries(
    IMAGE_OUTCOMES.map((name) => [name, images.filter(({ outcome }) => outcome === name).length]),
  ) as Record<ImageOutcome, number>;
}

function print({ stdout, stderr }: CommandContext, outcomes: readonly Outcome[], { write }: FillOptions): void {
  for (const outcome of outcomes) {
    if ('error' in outcome) {
      printLine(stderr, `${outcome.error.code}: ${outcome.file}: ${outcome.error.message}`);
      continue;
    }
    for (const { line, src, outcome: became, alt } of outcome.images)
      if (became !== 'kept')
        printLine(stdout, `${outcome.file}:${line}  ${src}  ${IN_WORDS[became]}${alt ? `: ${alt}` : ''}`);
  }
  const counts = countsOf(outcomes);
  const changed = counts.filled + counts.decorative + counts.suggested;
  const left = counts.missing + counts.unknown + counts.ambiguous + counts.notFound + counts.remote;
  const verb = write ? 'got' : 'would get';
  printLine(stderr, `${counted(changed, 'image')} ${verb} a text, ${left} stay without, ${counts.kept} had one.`);
  if (counts.marked + counts.suggested > 0)
    printLine(stderr, `${counted(counts.marked + counts.suggested, 'text')} nobody has approved.`);
  if (!write && changed > 0) printLine(stderr, 'Nothing was written: --write does it.');
}

function sharedFolder(paths: readonly string[]): string {
  const [first = [''], ...others] = paths.map((path) => dirname(path).split(sep));
  let shared = first;
  for (const other of others) {
    const end = shared.findIndex((part, index) => other[index] !== part);
    if (end !== -1) shared = shared.slice(0, end);
  }
  return shared.length <= 1 ? sep : shared.join(sep);
}

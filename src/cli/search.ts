/** `ekphrasis search TEXT` */
import { type Command, Option } from 'commander';
import type { Config } from '../config.js';
import type { SearchHit, SearchMode, Signal } from '../search/search-images.js';
import { type Split, SPLITS } from '../splits.js';
import { date, json, wholeNumber } from './options.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function addSearchCommand(program: Command, config: () => Config, context: CommandContext): void {
  program
    .command('search')
    .description('find photos by what they show')
    .argument('<text...>', 'what to look for')
    .addOption(
      new Option('--mode <name>', 'by the words of captions, by the search model, or by both')
        .choices(['hybrid', 'text', 'semantic'])
        .default('hybrid'),
    )
    .addOption(new Option('--split <name>', 'only photos of this split').choices(SPLITS))
    .option('--dataset <name>', 'only photos of this data set, its id or name')
    .option('--reviewed', 'only photos for which a person wrote, chose or adopted a caption')
    .option('--no-reviewed', 'only the others')
    .option('--library <name>', 'only photos of this library, its id or name')
    .option('--folder <path>', 'only photos in this folder of a library, or below it')
    .option('--missing', 'only photos whose file is missing')
    .option('--no-missing', 'no photos whose file is missing')
    .option('--taken-from <date>', 'only photos that were taken then or later, such as 2021-07-01', date)
    .option('--taken-before <date>', 'only photos that were taken before that', date)
    .option('--keyword <word>', 'only photos whose files have this keyword')
    .option('--rated <n>', 'only photos whose files have so many stars or more', wholeNumber(1, 5))
    .option('--exact', 'search the words as typed: take none for misspelt')
    .option('--limit <n>', 'photos to list', wholeNumber(1, 100), 20)
    .addOption(json())
    .action((text: string[], options: Parameters<typeof searchCommand>[3]) =>
      searchCommand(config(), context, text.join(' '), options),
    );
}

export function searchCommand(
  config: Config,
  context: CommandContext,
  text: string,
  options: {
    readonly json: boolean;
    readonly limit: number;
    readonly mode: SearchMode;
    readonly exact?: boolean;
    readonly split?: Split;
    readonly dataset?: string;
    readonly reviewed?: boolean;
    readonly library?: string;
    readonly folder?: string;
    readonly missing?: boolean;
    readonly takenFrom?: Date;
    readonly takenBefore?: Date;
    readonly keyword?: string;
    readonly rated?: number;
  },
): Promise<void> {
  return withApplication(config, context, async (application) => {
    const { datasets, libraries, libraryFiles } = application.store;
    const dataset = options.dataset === undefined ? undefined : (await datasets.resolve(options.dataset)).id;
    const library = options.library === undefined ? undefined : (await libraries.resolve(options.library)).id;
    const { split, reviewed, folder, missing, takenFrom, takenBefore, keyword, rated: ratedAtLeast } = options;
    const filter = {
      split,
      reviewed,
      dataset,
      library,
      folder,
      missing,
      takenFrom,
      takenBefore,
      keyword,
      ratedAtLeast,
    };
    const { hits, mode, notice, spelling } = await application.searchImages({
      text,
      limit: options.limit,
      mode: options.mode,
      exact: options.exact,
      filter,
    });
    const images = await application.store.images.findMany(hits.map(({ imageId }) => imageId));
    const names = new Map(images.map(({ id, name }) => [id, name]));
    const gone = await libraryFiles.missingAmong(images.map(({ id }) => id));
    const found = hits.map((hit) => ({
      ...hit,
      file: names.get(hit.imageId) ?? '',
      missing: gone.has(hit.imageId),
    }));
    if (options.json) {
      printJson(
        context.stdout,
        found.map(({ imageId, file, missing: isMissing, caption, score, signals }) => ({
          id: imageId,
          file,
          missing: isMissing,
          caption: caption?.text ?? null,
          score,
          signals,
        })),
      );
      return;
    }
    if (notice !== undefined && options.mode !== mode) printLine(context.stderr, notice);
    for (const { word, replacement } of spelling.corrections) {
      printLine(
        context.stderr,
        `No caption has the word "${word}": "${replacement}" was searched for. --exact searches the words as you typed them.`,
      );
    }
    if (found.length === 0) printLine(context.stderr, 'No photo has a caption that says so.');
    for (const { file, missing: isMissing, ...hit } of found) {
      const name = isMissing ? `${file} (missing)` : file;
      printLine(context.stdout, `${hit.score.toFixed(3)}  ${name}${describe(hit)}`);
    }
  });
}

/** The caption with what matched between stars, and which rankings found the photo. */
function describe({ caption, signals }: SearchHit): string {
  const marked = caption?.parts.map(({ text, matches }) => (matches ? `*${text}*` : text)).join('') ?? '';
  return `${marked === '' ? '' : `: ${marked}`}  [${signals.map(describeSignal).join(', ')}]`;
}

function describeSignal({ name, rank, score }: Signal): string {
  return name === 'words' ? `words: no. ${rank}` : `semantic: no. ${rank}, similarity ${score.toFixed(2)}`;
}

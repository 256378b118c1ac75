/** `ekphrasis search TEXT` */
import type { Config } from '../config.js';
import type { SearchHit, SearchMode, Signal } from '../search/search-images.js';
import type { Split } from '../splits.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

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

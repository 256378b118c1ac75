/** `ekphrasis alt-text FILE.html…`, and the queue of alternative texts: `ekphrasis alt-text list|show|approve|…` */
import { readFile, stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode, notFound } from '../errors.js';
import { isSha256, sha256Of } from '../files/sha256.js';
import { ALT_TEXT_MESSAGES } from '../language/alt-text-messages.js';
import { ALT_TEXT_ORDERS, ALT_TEXT_STATES } from '../store/alt-text-queue.js';
import { isRecordId } from '../store/pages.js';
import { type AskApi, withApi } from './api.js';
import { addFillCommand } from './fill-alt-text.js';
import { type CommandContext, ExitCode, printJson, printLine } from './terminal.js';

interface Shared {
  readonly json: () => Option;
  readonly end: (code: ExitCode) => void;
}

interface Wish {
  readonly language?: string;
  readonly text?: string;
  readonly json: boolean;
}

const entrySchema = z.object({
  image: z.object({ id: z.string(), sha256: z.string(), name: z.string() }),
  language: z.string(),
  state: z.string(),
  revision: z.number(),
  altText: z.object({ text: z.string() }).nullable(),
  suggestions: z.array(
    z.object({
      text: z.string(),
      confidence: z.number(),
      origin: z.string(),
      model: z.object({ name: z.string() }).nullable(),
    }),
  ),
});
type Entry = z.infer<typeof entrySchema>;
const ENTRY = `image { id sha256 name } language state revision altText { text }
  suggestions { text confidence origin model { name } }`;

const changeSchema = z.object({
  actionId: z.string().nullable(),
  changed: z.array(entrySchema),
  refused: z.array(z.object({ imageId: z.string(), code: z.string(), message: z.string() })),
  warnings: z.array(z.object({ imageId: z.string(), finding: z.object({ rule: z.string(), message: z.string() }) })),
});
const CHANGE = `actionId changed { ${ENTRY} } refused { imageId code message }
  warnings { imageId finding { rule message } }`;

const PHOTO = 'id or SHA-256 of a photo, or its file';

export function addAltTextCommands(
  altText: Command,
  config: () => Config,
  context: CommandContext,
  { json, end }: Shared,
): void {
  addFillCommand(altText, config, context, { json, end });
  const language = () => new Option('--language <tag>', 'of the texts, such as de. Default: that of the current model');

  altText
    .command('list')
    .description('list photos with their texts, those first that need somebody most')
    .addOption(
      new Option('--state <list>', `only photos in these states, with commas between them: ${STATES}`).argParser(
        states,
      ),
    )
    .addOption(
      new Option('--order <name>', 'by confidence, by how often sites asked for the text, or by when photos were added')
        .choices(ALT_TEXT_ORDERS.map(asOption))
        .default('least-sure'),
    )
    .option('--new', 'only approved texts beside which a model has written other words since', false)
    .option('--dataset <name>', 'only photos of this data set, its id or name')
    .option('--limit <n>', 'photos to list, at most 100', (text) => Number(text), 20)
    .addOption(language())
    .addOption(json())
    .action((options: ListOptions) => listCommand(config(), context, options));

  altText
    .command('show')
    .description("say a photo's texts, what is suggested, and who decided what")
    .argument('<photo>', PHOTO)
    .addOption(language())
    .addOption(json())
    .action((photo: string, options: Wish) => showCommand(config(), context, photo, options));

  const decide = (
    name: string,
    input: (entries: readonly Entry[], options: Wish & { readonly not?: boolean }) => object,
  ) => {
    return async (photos: string | readonly string[], options: Wish & { readonly not?: boolean }) => {
      const named = typeof photos === 'string' ? [photos] : photos;
      await withApi(config(), context, async (ask) => {
        const entries = await findEntries(ask, named, options.language);
        end(await changeBy(ask, context, name, { ...input(entries, options), language: options.language }, options));
      });
    };
  };
  const text = () => new Option('--text <text>', 'that is meant, of one photo. Default: the first suggestion');
  altText
    .command('approve')
    .description('approve what is suggested')
    .argument('<photo...>', PHOTO)
    .addOption(text())
    .addOption(language())
    .addOption(json())
    .action(decide('approveAltTexts', (entries, options) => ({ texts: chosenTexts(entries, options) })));
  altText
    .command('edit')
    .description('give a photo a text of its own, which is approved with that')
    .argument('<photo>', PHOTO)
    .argument('<text>', 'the new text')
    .addOption(language())
    .addOption(json())
    .action((photo: string, words: string, options: Wish) =>
      decide('editAltText', ([entry]) => ({ ...seen(entry), text: words }))(photo, options),
    );
  altText
    .command('decorative')
    .description('have photos say nothing, on purpose and in every language')
    .argument('<photo...>', PHOTO)
    .option('--not', 'take that back', false)
    .addOption(language())
    .addOption(json())
    .action(decide('markDecorative', (entries, { not = false }) => ({ images: entries.map(seen), decorative: !not })));
  altText
    .command('reject')
    .description('have a suggested or approved text never be offered or said again')
    .argument('<photo...>', PHOTO)
    .addOption(text())
    .addOption(language())
    .addOption(json())
    .action(decide('rejectAltTexts', (entries, options) => ({ texts: chosenTexts(entries, options) })));
  altText
    .command('undo')
    .description('take back what was decided')
    .argument('<action>', 'its id, which the other commands print, and show says')
    .addOption(language())
    .addOption(json())
    .action((actionId: string, options: Wish) =>
      withApi(config(), context, async (ask) => {
        end(await changeBy(ask, context, 'undoAltText', { actionId, language: options.language }, options));
      }),
    );
  altText
    .command('check')
    .description('say what speaks against a text, after the alt decision tree of W3C')
    .argument('<text>', 'an alternative text')
    .option('--language <tag>', 'of the text', 'en')
    .option('--file <name>', "the image's file, as its name is no text")
    .option('--caption <text>', 'words that stand beside the image')
    .addOption(
      new Option('--messages <language>', 'of the answer').choices(Object.keys(ALT_TEXT_MESSAGES)).default('en'),
    )
    .addOption(json())
    .action((words: string, options: CheckOptions) => checkCommand(config(), context, words, options));
}

interface ListOptions extends Wish {
  readonly state?: readonly string[];
  readonly order: string;
  readonly new: boolean;
  readonly dataset?: string;
  readonly limit: number;
}

function listCommand(config: Config, context: CommandContext, options: ListOptions): Promise<void> {
  const { language, state, order, dataset, limit } = options;
  const filter = { language, states: state, images: { dataset }, hasNewSuggestion: options.new ? true : undefined };
  const schema = z.object({
    altTexts: z.object({
      stateCounts: z.record(z.string(), z.number()),
      edges: z.array(z.object({ node: entrySchema })),
    }),
  });
  const operation = `query ($filter: AltTextFilter, $orderBy: AltTextOrder!, $first: Int!) {
    altTexts(filter: $filter, orderBy: $orderBy, first: $first) {
      stateCounts { missing suggested approved decorative } edges { node { ${ENTRY} } } } }`;
  return withApi(config, context, async (ask) => {
    const { altTexts } = await ask(schema, operation, { filter, orderBy: asEnum(order), first: limit });
    const entries = altTexts.edges.map(({ node }) => node);
    if (options.json) printJson(context.stdout, { counts: altTexts.stateCounts, photos: entries });
    else for (const entry of entries) printLine(context.stdout, lineOf(entry));
    const counts = Object.entries(altTexts.stateCounts).map(([name, count]) => `${count} ${name}`);
    printLine(context.stderr, `${counts.join(', ')}.`);
  });
}

const historySchema = z.object({
  altTexts: z.object({
    edges: z.array(
      z.object({
        node: entrySchema.extend({
          views: z.number(),
          history: z.array(
            z.object({
              actionId: z.string(),
              kind: z.string(),
              language: z.string().nullable(),
              text: z.string().nullable(),
              modelName: z.string().nullable(),
              decidedAt: z.union([z.string(), z.date()]).transform((at) => new Date(at).toISOString()),
              decidedBy: z.object({ kind: z.string(), name: z.string().nullable() }),
            }),
          ),
        }),
      }),
    ),
  }),
});

function showCommand(config: Config, context: CommandContext, photo: string, options: Wish): Promise<void> {
  const operation = `query ($filter: AltTextFilter) { altTexts(filter: $filter, first: 1) { edges { node { ${ENTRY} views
    history { actionId kind language text modelName decidedAt decidedBy { kind name } } } } } }`;
  return withApi(config, context, async (ask) => {
    const [found] = await findEntries(ask, [photo], options.language);
    const filter = { imageIds: [found?.image.id], language: options.language };
    const [edge] = (await ask(historySchema, operation, { filter })).altTexts.edges;
    if (!edge) throw notFound(`photo ${photo}`);
    const { stdout } = context;
    if (options.json) {
      printJson(stdout, edge.node);
      return;
    }
    printLine(stdout, lineOf(edge.node));
    for (const { text, confidence, origin, model } of edge.node.suggestions)
      printLine(stdout, `suggested  ${model?.name ?? origin.toLowerCase()}, ${confidence.toFixed(2)}  ${text}`);
    for (const { actionId, kind, text, modelName, decidedAt, decidedBy } of edge.node.history) {
      const who = decidedBy.name ?? decidedBy.kind.toLowerCase();
      const words = [text, modelName === null ? undefined : `(${modelName})`].filter((word) => word != null).join(' ');
      printLine(stdout, `${decidedAt}  ${who}  ${kind}  ${words}  ${actionId}`);
    }
  });
}

interface CheckOptions {
  readonly language: string;
  readonly file?: string;
  readonly caption?: string;
  readonly messages: string;
  readonly json: boolean;
}

function checkCommand(config: Config, context: CommandContext, text: string, options: CheckOptions): Promise<void> {
  const { language, file: fileName, caption, messages } = options;
  const schema = z.object({ checkAltText: z.array(z.object({ rule: z.string(), message: z.string() })) });
  const operation = 'query ($input: CheckAltTextInput!) { checkAltText(input: $input) { rule message } }';
  const input = { text, language, fileName, caption, messagesIn: asEnum(messages) };
  return withApi(config, context, async (ask) => {
    const { checkAltText } = await ask(schema, operation, { input });
    if (options.json) printJson(context.stdout, checkAltText);
    else for (const { rule, message } of checkAltText) printLine(context.stdout, `${rule}: ${message}`);
  });
}

/** Has photos decided about, and says what became of them. */
async function changeBy(
  ask: AskApi,
  { stdout, stderr }: CommandContext,
  name: string,
  input: object,
  { json }: { readonly json: boolean },
): Promise<ExitCode> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const operation = `mutation ($input: ${type}!) { change: ${name}(input: $input) { ${CHANGE} } }`;
  const { change } = await ask(z.object({ change: changeSchema }), operation, { input });
  if (json) printJson(stdout, change);
  else for (const entry of change.changed) printLine(stdout, lineOf(entry));
  for (const { imageId, finding } of change.warnings) printLine(stderr, `${imageId}: ${finding.message}`);
  for (const { imageId, code, message } of change.refused) printLine(stderr, `${code}: ${imageId}: ${message}`);
  if (change.actionId !== null) printLine(stderr, `To take it back: ekphrasis alt-text undo ${change.actionId}`);
  return change.refused.length > 0 ? ExitCode.Failure : ExitCode.Success;
}

/** @throws NOT_FOUND for what is no photo of the collection */
async function findEntries(ask: AskApi, photos: readonly string[], language: string | undefined): Promise<Entry[]> {
  const schema = z.object({
    altTexts: z.object({ edges: z.array(z.object({ node: entrySchema })) }),
    altTextsOfFiles: z.array(entrySchema.nullable()),
  });
  const operation = `query ($filter: AltTextFilter, $sha256s: [String!]!, $language: String) {
    altTexts(filter: $filter, first: 100) { edges { node { ${ENTRY} } } }
    altTextsOfFiles(sha256s: $sha256s, language: $language) { ${ENTRY} } }`;
  const files = new Map<string, string>();
  for (const photo of photos) if (!isRecordId(photo)) files.set(photo, await sha256OfPhoto(photo));
  const filter = { imageIds: photos.filter(isRecordId), language };
  const found = await ask(schema, operation, { filter, sha256s: [...files.values()], language });
  const byId = new Map(found.altTexts.edges.map(({ node }) => [node.image.id, node]));
  const byFile = new Map([...files.keys()].map((photo, index) => [photo, found.altTextsOfFiles[index]]));
  return photos.map((photo) => {
    const entry = byId.get(photo.toLowerCase()) ?? byFile.get(photo);
    if (!entry) throw notFound(`photo ${photo} in the collection`);
    return entry;
  });
}

async function sha256OfPhoto(photo: string): Promise<string> {
  if (isSha256(photo.toLowerCase())) return photo.toLowerCase();
  if (!(await stat(photo)).isFile()) throw new EkphrasisError(ErrorCode.BadInput, `${photo} is no file.`);
  return sha256Of(await readFile(photo));
}

/** @throws BAD_USER_INPUT where nothing is suggested, or one text is said of several photos */
function chosenTexts(entries: readonly Entry[], { text }: Wish): object[] {
  if (text !== undefined && entries.length > 1)
    throw new EkphrasisError(ErrorCode.BadInput, '--text is said of one photo.');
  return entries.map((entry) => {
    const chosen = text ?? entry.suggestions[0]?.text;
    if (chosen !== undefined) return { ...seen(entry), text: chosen };
    throw new EkphrasisError(ErrorCode.BadInput, `Nothing is suggested for ${entry.image.name}.`);
  });
}

function seen(entry: Entry | undefined): { readonly imageId: string; readonly revision: number } {
  if (!entry) throw new RangeError('a photo is named');
  return { imageId: entry.image.id, revision: entry.revision };
}

function lineOf({ image, state, altText, suggestions }: Entry): string {
  const [suggestion] = suggestions;
  const said = state === 'SUGGESTED' ? suggestion?.text : altText?.text;
  const sure = state === 'SUGGESTED' && suggestion ? `${suggestion.confidence.toFixed(2)}  ` : '';
  return `${image.id}  ${state}  ${image.name}  ${sure}${said ?? ''}`.trimEnd();
}

const asOption = (name: string) => name.toLowerCase().replaceAll('_', '-');
const asEnum = (option: string) => option.toUpperCase().replaceAll('-', '_');
const STATES = ALT_TEXT_STATES.map(asOption).join(', ');

function states(text: string): string[] {
  return text.split(',').map((name) => {
    const state = ALT_TEXT_STATES.find((known) => known === asEnum(name.trim()));
    if (state) return state;
    throw new InvalidArgumentError(`There is no state ${name.trim()}: there are ${STATES}.`);
  });
}

/** `ekphrasis export xmp` and `ekphrasis export captions` */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { CAPTION_FORMATS, type CaptionFormat } from '../collection/export-captions.js';
import type { XmpExport, XmpExportReport } from '../collection/export-xmp.js';
import type { Config } from '../config.js';
import { exportFeaturesCommand } from './features.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

/** Problems that are printed; more are counted. */
const PRINTED = 20;

interface CaptionOptions {
  readonly format: CaptionFormat;
  readonly dataset?: string;
  readonly reviewed: boolean;
  readonly photos: boolean;
  readonly json: boolean;
}

interface XmpOptions {
  readonly embed: boolean;
  readonly to?: string;
  readonly reviewed: boolean;
  readonly field: 'alt' | 'description';
  readonly language?: string;
  readonly dataset?: string;
  readonly library?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function addExportCommands(
  exports: Command,
  config: () => Config,
  context: CommandContext,
  json: () => Option,
): void {
  exports
    .command('xmp')
    .description("write captions into .xmp files beside photos, or into the photos; people's words there stay")
    .addOption(new Option('--sidecar', 'into .xmp files beside the photos. This is the default').conflicts('embed'))
    .option('--embed', 'into the photos themselves, whose pixels stay the same; this needs ExifTool', false)
    .option('--to <dir>', 'write .xmp files, or with --embed copies of the photos, below this folder instead')
    .option('--reviewed', 'only what people approved, wrote, chose or adopted', false)
    .addOption(
      new Option('--field <name>', 'the field: AltTextAccessibility of IPTC, or dc:description')
        .choices(['alt', 'description'])
        .default('alt'),
    )
    .option('--language <tag>', 'only captions in this language, such as de. Default: any')
    .option('--dataset <name>', 'only photos of this data set, its id or name')
    .option('--library <name>', 'only photos of this library, its id or name')
    .option('--dry-run', 'say what would be written, and write nothing', false)
    .addOption(json())
    .action((options: XmpOptions) => exportXmpCommand(config(), context, options));

  exports
    .command('features')
    .description('write what the encoder sees of photos, for programs that run an exported model (docs/checkpoint.md)')
    .argument('<file>', 'a safetensors file that is not there yet')
    .argument('<photo...>', 'files with photos; they do not become part of the collection')
    .addOption(json())
    .action((file: string, photos: string[], options: { readonly json: boolean }) =>
      exportFeaturesCommand(config(), context, file, photos, options),
    );

  exports
    .command('captions')
    .description(
      'write photos with the captions of people and data sets into a folder, which imports again to the same',
    )
    .argument('<dir>', 'a folder that is empty or not there yet')
    .addOption(
      new Option(
        '--format <name>',
        'NAME.txt beside photos, captions.csv, captions.jsonl, or the layout of Hugging Face',
      )
        .choices(CAPTION_FORMATS)
        .default('csv'),
    )
    .option('--dataset <name>', 'only photos of this data set, its id or name, with its own splits')
    .option('--reviewed', 'only what people approved, wrote, chose or adopted', false)
    .option('--no-photos', 'do not copy the photos; such a folder does not import by itself')
    .addOption(json())
    .action((directory: string, options: CaptionOptions) =>
      exportCaptionsCommand(config(), context, directory, options),
    );
}

function exportCaptionsCommand(
  config: Config,
  context: CommandContext,
  directory: string,
  { format, reviewed, photos: withPhotos, dataset, json }: CaptionOptions,
): Promise<void> {
  return withApplication(config, context, async (application) => {
    const { store } = application;
    const of = dataset === undefined ? undefined : (await store.datasets.resolve(dataset)).id;
    const wish = { format, to: resolve(directory), reviewed, withPhotos, dataset: of };
    const report = await withProgress(context.stderr, { label: 'Writing', unit: 'photos', total: 0 }, (update) =>
      application.exportCaptions(wish, update, context.signal),
    );
    if (json) printJson(context.stdout, report);
    else
      printLine(
        context.stdout,
        `${counted(report.photos, 'photo')} with ${counted(report.captions, 'caption')} are in ${directory}.`,
      );
  });
}

function exportXmpCommand(config: Config, context: CommandContext, options: XmpOptions): Promise<void> {
  return withApplication(config, context, async (application) => {
    const { store } = application;
    const wish: XmpExport = {
      into: options.embed ? 'photo' : 'sidecar',
      field: options.field === 'alt' ? 'altText' : 'description',
      reviewed: options.reviewed,
      language: options.language,
      dataset: options.dataset === undefined ? undefined : (await store.datasets.resolve(options.dataset)).id,
      library: options.library === undefined ? undefined : (await store.libraries.resolve(options.library)).id,
      to: options.to === undefined ? undefined : resolve(options.to),
      dryRun: options.dryRun,
    };
    const report = await withProgress(context.stderr, { label: 'Writing', unit: 'photos', total: 0 }, (update) =>
      application.exportXmp(wish, update, context.signal),
    );
    if (options.json) printJson(context.stdout, report);
    else printReport(context, report, options.dryRun);
  });
}

function printReport({ stdout, stderr }: CommandContext, report: XmpExportReport, dryRun: boolean): void {
  const lines: readonly [number, string][] = [
    [report.same, 'said it already'],
    [report.kept, 'kept their own words'],
    [report.removed, 'left as they are: what had been written was removed there'],
    [report.changed, 'left as they are: the file is another one now, or was being written'],
    [report.noFile, 'without a file in a folder'],
    [report.uncaptioned, 'without such a caption'],
    [report.decorative, 'decorative: no alternative text is written'],
    [report.failed, 'failed'],
  ];
  printLine(stdout, `${counted(report.written, 'photo')} ${dryRun ? 'would be' : 'were'} written.`);
  for (const [count, line] of lines) if (count > 0) printLine(stdout, `${counted(count, 'photo')} ${line}.`);
  for (const problem of report.problems.slice(0, PRINTED)) printLine(stderr, problem);
  if (report.problems.length > PRINTED) printLine(stderr, `… and ${report.problems.length - PRINTED} more.`);
}

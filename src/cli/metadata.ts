/** `ekphrasis metadata refresh` and `ekphrasis metadata adopt` */
import { type Command, Option } from 'commander';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import type { ImageId } from '../ids.js';
import { CAPTION_FIELDS, type CaptionField } from '../metadata/file-metadata.js';
import { handToWorker } from './jobs.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

/** Problems that are printed; more are counted. */
const PRINTED = 20;

export function addMetadataCommands(
  metadata: Command,
  config: () => Config,
  context: CommandContext,
  { json, queued }: { readonly json: () => Option; readonly queued: () => Option },
): void {
  metadata
    .command('refresh')
    .description("read photos' files and .xmp sidecars again: dates, cameras, titles, keywords, ratings, captions")
    .option('--dataset <name>', 'only photos of this data set, its id or name')
    .addOption(queued())
    .addOption(json())
    .action((options: { readonly dataset?: string; readonly queue: boolean; readonly json: boolean }) => {
      const datasetOf = async ({ store }: Application) =>
        options.dataset === undefined ? undefined : (await store.datasets.resolve(options.dataset)).id;
      if (options.queue)
        return handToWorker(config(), context, options, async (application) =>
          application.jobs.refreshMetadata(await datasetOf(application)),
        );
      return withApplication(config(), context, async (application) => {
        const dataset = await datasetOf(application);
        const refreshed = await withProgress(context.stderr, { label: 'Reading', unit: 'photos', total: 0 }, (update) =>
          application.refreshMetadata(dataset, update, context.signal),
        );
        if (options.json) {
          printJson(context.stdout, refreshed);
          return;
        }
        for (const problem of refreshed.problems.slice(0, PRINTED)) printLine(context.stderr, problem);
        if (refreshed.problems.length > PRINTED)
          printLine(context.stderr, `… and ${refreshed.problems.length - PRINTED} more.`);
        const left =
          refreshed.left > 0 ? ` ${counted(refreshed.left, 'photo')} left as before: the folder is not there.` : '';
        printLine(context.stdout, `The files of ${counted(refreshed.read, 'photo')} were read.${left}`);
      });
    });

  metadata
    .command('adopt')
    .description("make captions of photos' files captions of people, which trainings learn from")
    .argument('[id...]', 'of photos')
    .option('--dataset <name>', 'all photos of this data set, its id or name')
    .option('--library <name>', 'all photos of this library, its id or name')
    .addOption(
      new Option(
        '--field <name>',
        'captions of this field alone. Default: what describes the photo best, in the order of the choices',
      ).choices(CAPTION_FIELDS),
    )
    .addOption(json())
    .action(
      async (
        ids: string[],
        options: {
          readonly dataset?: string;
          readonly library?: string;
          readonly field?: CaptionField;
          readonly json: boolean;
        },
        command: Command,
      ) => {
        const { dataset, library } = options;
        if ([ids[0], dataset, library].filter((given) => given !== undefined).length !== 1)
          command.error('error: give either ids of photos, or --dataset, or --library');
        await withApplication(config(), context, async ({ store, adoptFileCaptions }) => {
          const photos =
            ids.length > 0
              ? { imageIds: ids as ImageId[] }
              : {
                  dataset: dataset === undefined ? undefined : (await store.datasets.resolve(dataset)).id,
                  library: library === undefined ? undefined : (await store.libraries.resolve(library)).id,
                };
          const adopted = await adoptFileCaptions(photos, options.field);
          if (options.json) printJson(context.stdout, adopted);
          else {
            printLine(
              context.stdout,
              `${counted(adopted.adopted, 'caption')} adopted; ${counted(adopted.without, 'photo')} had none.`,
            );
          }
        });
      },
    );
}

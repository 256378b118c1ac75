/** `ekphrasis datasets`, `ekphrasis datasets rename ID NAME` and `ekphrasis datasets delete ID` */
import { type Command, Option } from 'commander';
import type { Config } from '../config.js';
import { describeRemoval } from '../collection/remove-dataset.js';
import type { DatasetFigures, DatasetRecord } from '../store/datasets.js';
import { confirm, forever, tellTrash } from './confirm.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

export function addDatasetCommands(
  datasets: Command,
  config: () => Config,
  context: CommandContext,
  { json }: { readonly json: () => Option },
): void {
  datasets.addOption(json()).action((options: Output) =>
    withApplication(config(), context, async ({ store }) => {
      const all = await store.datasets.list();
      const figures = await store.datasets.figures(all.map(({ id }) => id));
      if (options.json)
        printJson(
          context.stdout,
          all.map((dataset) => ({ ...dataset, ...figures.get(dataset.id) })),
        );
      else for (const dataset of all) printLine(context.stdout, lineOf(dataset, figures.get(dataset.id)));
    }),
  );
  datasets
    .command('rename')
    .description('call a data set by another name')
    .argument('<id>', 'of the data set, or its name')
    .argument('<name>', 'what to call it')
    .action((wish: string, name: string, _options: unknown, command: Command) =>
      withApplication(config(), context, async ({ store }) => {
        const renamed = await store.datasets.rename((await store.datasets.resolve(wish)).id, name);
        if (command.optsWithGlobals<Output>().json) printJson(context.stdout, renamed);
        else printLine(context.stdout, lineOf(renamed, (await store.datasets.figures([renamed.id])).get(renamed.id)));
      }),
    );
  datasets
    .command('delete')
    .description('delete a data set with its captions, and its photos that nobody else has; what people wrote stays')
    .argument('<id>', 'of the data set, or its name')
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(forever())
    .action((wish: string, options: { readonly yes: boolean; readonly forever: boolean }, command: Command) =>
      withApplication(config(), context, async (application) => {
        const { store } = application;
        const { id } = await store.datasets.resolve(wish);
        const { dataset, figures, deletedPhotos } = await describeRemoval(id, store);
        const question = `Delete ${dataset.name} with its ${counted(figures.captions, 'caption')} and ${deletedPhotos} of its ${counted(figures.images, 'photo')}?`;
        await confirm(question, options.yes, context);
        const removed = await application.deletions.deleteDataset(id, true, options);
        tellTrash(context, removed.trash);
        if (command.optsWithGlobals<Output>().json)
          printJson(context.stdout, {
            id,
            name: dataset.name,
            captions: removed.figures.captions,
            deletedPhotos: removed.deletedPhotos,
            trash: removed.trash,
          });
        else
          printLine(
            context.stdout,
            `${dataset.name} is deleted, with ${counted(removed.figures.captions, 'caption')} and ${counted(removed.deletedPhotos, 'photo')}.`,
          );
      }),
    );
}

function lineOf({ id, name, format, language, origin }: DatasetRecord, figures: DatasetFigures | undefined): string {
  const { images = 0, captions = 0, splits = { train: 0, dev: 0, test: 0 } } = figures ?? {};
  const sizes = `${counted(images, 'photo')} (${splits.train} train, ${splits.dev} dev, ${splits.test} test), ${counted(captions, 'caption')}`;
  return [id, name, sizes, format, language, `from ${origin}`].join('  ');
}

/** `ekphrasis models` and `ekphrasis models use ID` */
import type { Command, Option } from 'commander';
import type { Config } from '../config.js';
import type { ModelId } from '../ids.js';
import { datasetInWords, devFiguresOf } from '../models/registry.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { confirm, forever, tellTrash } from './confirm.js';
import { addModelFileCommands } from './model-files.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { readArchitectures } from '../captioner/checkpoint.js';
import { captionScores, indexWithProgress, jobWithProgress } from './train.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

const tasks = { CAPTION: 'caption', SEARCH: 'search', PREDICTIONS: 'captions only' } as const;

export function addModelCommands(
  models: Command,
  config: () => Config,
  context: CommandContext,
  { json }: { readonly json: () => Option },
): void {
  models.addOption(json()).action((options: Output) =>
    withApplication(config(), context, async ({ store }) => {
      const found = [
        ...(await store.models.ofTask('CAPTION')),
        ...(await store.models.ofTask('SEARCH')),
        ...(await store.models.ofTask('PREDICTIONS')),
      ];
      if (options.json) printJson(context.stdout, found.map(describe));
      else for (const model of found) printLine(context.stdout, await lineOf(model, store));
    }),
  );
  models
    .command('use')
    .description('have this model caption new photos, or answer searches, from now on, whatever trainings end')
    .argument('<id>', 'of a captioner or a search model')
    .option('--recaption', 'have it write for the photos that only other models have written for', false)
    .action((id: string, { recaption }: { readonly recaption: boolean }, command: Command) =>
      withApplication(config(), context, async (application) => {
        const model = await application.useModel(id as ModelId);
        if (model.task === 'SEARCH') {
          await application.work({ kinds: ['reindex'] });
          await indexWithProgress(application, context);
        } else if (recaption) {
          const job = await application.jobs.caption({ modelId: model.id, onlyMissing: true, onlyOfOthers: true });
          await application.work({ kinds: ['caption'] });
          await jobWithProgress(application, context, job.id, 'Captioning');
        }
        const used = (await application.store.models.find(model.id)) ?? model;
        const left = used.task === 'CAPTION' ? await application.store.captions.countOnlyOfOthers(used.id) : 0;
        if (command.optsWithGlobals<Output>().json)
          printJson(context.stdout, { ...describe(used), photosOnlyOfOthers: left });
        else printLine(context.stdout, await lineOf(used, application.store));
        if (left > 0)
          printLine(
            context.stderr,
            `${counted(left, 'photo')} have captions of other models only. Have it write for them: ekphrasis models use ${used.id} --recaption`,
          );
      }),
    );
  addModelFileCommands(models, config, context);
  models
    .command('delete')
    .description('delete a model that is not in use, with what it wrote and what was measured of it')
    .argument('<id>', 'of a model that was made here')
    .option('--yes', 'do not ask', false)
    .addOption(forever())
    .action(async (id: string, options: { yes: boolean; forever: boolean }, command: Command) => {
      await confirm(`Delete the model ${id} with its captions and evaluations?`, options.yes, context);
      await withApplication(config(), context, async (application) => {
        const { model, trash, ...counts } = await application.deletions.deleteModel(id as ModelId, options);
        if (command.optsWithGlobals<Output>().json) {
          printJson(context.stdout, { id: model.id, name: model.name, ...counts });
          return;
        }
        tellTrash(context, trash);
        const gone = [
          counted(counts.captions, 'caption'),
          counted(counts.ratings, 'rating'),
          counted(counts.evaluations, 'evaluation'),
        ];
        printLine(context.stdout, `Deleted the model "${model.name}", ${gone.join(', ')}.`);
      });
    });
}

function describe({ id, name, task, language, current, shipped, encoder, settings, figures, createdAt }: ModelRecord) {
  const architectures = task === 'CAPTION' ? readArchitectures(settings).map(({ architecture }) => architecture) : [];
  return { id, name, task, architectures, language, current, shipped, encoder, figures, createdAt };
}

/** Whose photos the figures are of: those of a model that came with the program were measured by its makers. */
async function figuresOn(model: ModelRecord, store: Pick<Store, 'datasets'>): Promise<string> {
  const dataset = devFiguresOf(model)?.dataset;
  return model.shipped && dataset === undefined ? "its makers' dev photos" : await datasetInWords(dataset, store);
}

async function lineOf(model: ModelRecord, store: Pick<Store, 'datasets'>): Promise<string> {
  const { id, name, task, current } = model;
  const figures = devFiguresOf(model);
  return [
    id,
    tasks[task],
    current ? 'in use' : 'kept',
    name,
    ...(figures ? [`${captionScores(figures)} on ${await figuresOn(model, store)}`] : []),
  ].join('  ');
}

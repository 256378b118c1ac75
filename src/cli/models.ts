/** `ekphrasis models` and `ekphrasis models use ID` */
import type { Command, Option } from 'commander';
import type { Config } from '../config.js';
import type { ModelId } from '../ids.js';
import { devFiguresOf } from '../jobs/models.js';
import type { ModelRecord } from '../store/models.js';
import { confirm } from './confirm.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { captionScores } from './train.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

export function addModelCommands(models: Command, config: () => Config, context: CommandContext, { json }: { readonly json: () => Option }): void {
  models.addOption(json()).action((options: Output) =>
    withApplication(config(), context, async ({ store }) => {
      const found = [...(await store.models.ofTask('CAPTION')), ...(await store.models.ofTask('SEARCH'))];
      if (options.json) printJson(context.stdout, found.map(describe));
      else for (const model of found) printLine(context.stdout, lineOf(model));
    }),
  );
  models
    .command('use')
    .description('have new photos captioned by this model from now on')
    .argument('<id>', 'of a captioner')
    .action((id: string, _options: unknown, command: Command) =>
      withApplication(config(), context, async (application) => {
        const model = await application.useModel(id as ModelId);
        if (command.optsWithGlobals<Output>().json) printJson(context.stdout, describe(model));
        else printLine(context.stdout, lineOf(model));
      }),
    );
  models
    .command('delete')
    .description('delete a model that is not in use, with what it wrote and what was measured of it')
    .argument('<id>', 'of a model that was made here')
    .option('--yes', 'do not ask', false)
    .action(async (id: string, options: { yes: boolean }, command: Command) => {
      await confirm(`Delete the model ${id} with its captions and evaluations?`, options.yes, context);
      await withApplication(config(), context, async (application) => {
        const { model, ...counts } = await application.deleteModel(id as ModelId);
        if (command.optsWithGlobals<Output>().json) {
          printJson(context.stdout, { id: model.id, name: model.name, ...counts });
          return;
        }
        const gone = [counted(counts.captions, 'caption'), counted(counts.ratings, 'rating'), counted(counts.evaluations, 'evaluation')];
        printLine(context.stdout, `Deleted the model "${model.name}", ${gone.join(', ')}.`);
      });
    });
}

function describe({ id, name, task, current, shipped, encoder, figures, createdAt }: ModelRecord) {
  return { id, name, task, current, shipped, encoder, figures, createdAt };
}

function lineOf(model: ModelRecord): string {
  const { id, name, task, current } = model;
  const figures = devFiguresOf(model);
  return [id, task === 'CAPTION' ? 'caption' : 'search', current ? 'in use' : 'kept', name, ...(figures ? [captionScores(figures)] : [])].join('  ');
}

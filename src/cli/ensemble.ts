/** `ekphrasis ensemble MODEL MODEL` */
import type { Config } from '../config.js';
import type { ModelId } from '../ids.js';
import { addEnsemble, findModel } from '../jobs/models.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

/** Makes several captioners one that captions from then on: they write together. */
export function ensembleCommand(
  config: Config,
  context: CommandContext,
  ids: readonly string[],
  options: { readonly name?: string; readonly json: boolean },
): Promise<void> {
  return withApplication(config, context, async (application) => {
    const { store } = application;
    const members = await Promise.all(ids.map((id) => findModel(store, id as ModelId)));
    const { checkpoints } = await application.collection();
    const paths = await Promise.all(members.map((member) => checkpoints.pathOf(member)));
    const model = await addEnsemble(store, paths, options.name ?? members.map(({ name }) => name).join(' + '));
    if (options.json) printJson(context.stdout, { model: model.id });
    else printLine(context.stdout, `Model ${model.id} is ${counted(ids.length, 'model')} writing together and captions from now on.`);
  });
}

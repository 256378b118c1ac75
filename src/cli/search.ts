/** `ekphrasis search TEXT` */
import type { Config } from '../config.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function searchCommand(
  config: Config,
  context: CommandContext,
  text: string,
  options: { readonly json: boolean; readonly limit: number },
): Promise<void> {
  return withApplication(config, context, async (application) => {
    const { hits } = await application.searchImages({ text, limit: options.limit });
    const images = await application.store.images.findMany(hits.map(({ imageId }) => imageId));
    const names = new Map(images.map(({ id, name }) => [id, name]));
    const found = hits.map(({ imageId, caption, score }) => ({ id: imageId, file: names.get(imageId) ?? '', caption, score }));
    if (options.json) {
      printJson(context.stdout, found);
      return;
    }
    if (found.length === 0) printLine(context.stderr, 'No photo has a caption that says so.');
    for (const { file, caption, score } of found) printLine(context.stdout, `${score.toFixed(3)}  ${file}: ${caption}`);
  });
}

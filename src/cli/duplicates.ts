/** `ekphrasis duplicates` */
import type { Command } from 'commander';
import type { Config } from '../config.js';
import type { ImageId } from '../ids.js';
import type { DuplicateGroup } from '../search/duplicates.js';
import { json } from './options.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function addDuplicatesCommand(program: Command, config: () => Config, context: CommandContext): void {
  program
    .command('duplicates')
    .description('list photos that are the same picture: resized, compressed, slightly cropped or mirrored')
    .addOption(json())
    .action((options: Parameters<typeof duplicatesCommand>[2]) => duplicatesCommand(config(), context, options));
}

/** Prints a photo a line, the copies of it in the lines below. */
export function duplicatesCommand(
  config: Config,
  context: CommandContext,
  options: { readonly json: boolean },
): Promise<void> {
  return withApplication(config, context, async (application) => {
    const groups: DuplicateGroup[] = [];
    let after: ImageId | undefined;
    do {
      const found = await application.duplicates({ limit: 100, after });
      groups.push(...found.groups);
      after = found.next;
    } while (after !== undefined && !context.signal.aborted);
    const ids = groups.flatMap(({ imageId, copies }) => [imageId, ...copies.map((copy) => copy.imageId)]);
    const names = new Map((await application.store.images.findMany(ids)).map(({ id, name }) => [id, name]));
    if (options.json) {
      const named = (id: ImageId) => ({ id, file: names.get(id) ?? '' });
      printJson(
        context.stdout,
        groups.map(({ imageId, copies }) => ({
          ...named(imageId),
          copies: copies.map((copy) => ({ ...named(copy.imageId), similarity: copy.similarity })),
        })),
      );
      return;
    }
    if (groups.length === 0) printLine(context.stderr, 'No photo is there twice.');
    for (const { imageId, copies } of groups) {
      printLine(context.stdout, `${imageId}  ${names.get(imageId) ?? ''}`);
      for (const copy of copies)
        printLine(context.stdout, `  ${copy.imageId}  ${names.get(copy.imageId) ?? ''}  ${copy.similarity.toFixed(3)}`);
    }
  });
}

/** `ekphrasis trash`: what was deleted, brought back or deleted for good. */
import type { Command, Option } from 'commander';
import type { Config } from '../config.js';
import type { TrashEntry } from '../deletion/trash.js';
import type { TrashId } from '../ids.js';
import { confirm } from './confirm.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

export function addTrashCommands(
  trash: Command,
  config: () => Config,
  context: CommandContext,
  { json }: { readonly json: () => Option },
): void {
  trash.addOption(json()).action((options: Output) =>
    withApplication(config(), context, async (application) => {
      const entries = await application.trash.list();
      if (options.json) printJson(context.stdout, entries);
      else for (const entry of entries) printLine(context.stdout, lineOf(entry));
      if (entries.length === 0 && !options.json) printLine(context.stderr, 'The trash is empty.');
    }),
  );
  trash
    .command('restore')
    .description('bring back what was deleted')
    .argument('<id>', 'of an entry of the trash')
    .action((id: string, _options: unknown, command: Command) =>
      withApplication(config(), context, async (application) => {
        const restored = await application.trash.restore(id as TrashId);
        if (command.optsWithGlobals<Output>().json) printJson(context.stdout, restored);
        else
          printLine(
            context.stdout,
            `Restored ${restored.name}: ${counted(restored.images, 'photo')}, ${counted(restored.captions, 'caption')}.`,
          );
        if (restored.leftOut > 0)
          printLine(
            context.stderr,
            `${counted(restored.leftOut, 'row')} stayed away: what they belong to is gone, or something newer has their place.`,
          );
      }),
    );
  trash
    .command('empty')
    .description('delete for good what is in the trash')
    .argument('[id...]', 'of entries. Default: all')
    .option('--yes', 'do not ask', false)
    .action(async (ids: string[], options: { readonly yes: boolean }, command: Command) => {
      const what = ids.length === 0 ? 'everything that is in the trash' : counted(ids.length, 'item');
      await confirm(`Delete ${what} for good?`, options.yes, context);
      await withApplication(config(), context, async (application) => {
        const entries = await application.trash.empty(ids.length === 0 ? undefined : (ids as TrashId[]));
        if (command.optsWithGlobals<Output>().json) printJson(context.stdout, { deleted: entries });
        else printLine(context.stdout, `Deleted ${counted(entries, 'item')} for good.`);
      });
    });
}

function lineOf({ id, kind, name, images, captions, deletedAt, expiresAt, bytes }: TrashEntry): string {
  const day = (moment: Date) => moment.toISOString().slice(0, 10);
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const what = `${counted(images, 'photo')}, ${counted(captions, 'caption')}`;
  return [id, kind, name, what, size, `deleted ${day(deletedAt)}`, `until ${day(expiresAt)}`].join('  ');
}

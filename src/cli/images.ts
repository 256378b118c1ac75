/** `ekphrasis images delete ID…` */
import type { Command, Option } from 'commander';
import type { Config } from '../config.js';
import type { ImageId } from '../ids.js';
import { confirm, forever, tellTrash } from './confirm.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function addImageCommands(
  images: Command,
  config: () => Config,
  context: CommandContext,
  json: () => Option,
): void {
  images
    .command('delete')
    .description('delete photos with their captions, ratings and all that was made of them')
    .argument('<id...>', 'of photos')
    .option('--yes', 'do not ask', false)
    .addOption(forever())
    .addOption(json())
    .action(async (ids: string[], options: { yes: boolean; json: boolean; forever: boolean }) => {
      await confirm(
        `Delete ${counted(ids.length, 'photo')} with the captions of people and models${options.forever ? ' for good' : ''}?`,
        options.yes,
        context,
      );
      await withApplication(config(), context, async (application) => {
        const deleted = await application.deletions.deleteImages(ids as ImageId[], options);
        if (options.json) {
          printJson(context.stdout, deleted);
          return;
        }
        const captions = counted(deleted.referenceCaptions + deleted.generatedCaptions, 'caption');
        const rest = deleted.notThere > 0 ? ` ${counted(deleted.notThere, 'id')} had no photo.` : '';
        const measured =
          deleted.evaluations > 0
            ? ` ${counted(deleted.evaluations, 'evaluation')} had measured on them: the figures stay as they were measured.`
            : '';
        tellTrash(context, deleted.trash);
        printLine(
          context.stdout,
          `Deleted ${counted(deleted.images, 'photo')}, ${captions} and ${counted(deleted.ratings, 'rating')}.${rest}${measured}`,
        );
      });
    });
}

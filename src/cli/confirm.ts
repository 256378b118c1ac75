/** Asks a person before something is deleted. */
import { createInterface } from 'node:readline/promises';
import { Option } from 'commander';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { TrashId } from '../ids.js';
import { type CommandContext, printLine } from './terminal.js';

/** @throws BAD_USER_INPUT when the person says no, and without a terminal where nobody can be asked */
export async function confirm(question: string, yes: boolean, { stderr, signal }: CommandContext): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || stderr.isTTY !== true) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `${question} Nothing was deleted: there is no terminal to ask on. Confirm it with --yes.`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new EkphrasisError(ErrorCode.BadInput, 'Nothing was deleted.');
  } finally {
    terminal.close();
  }
}

/** The option of what deletes. */
export function forever(): Option {
  return new Option('--forever', 'keep nothing in the trash').default(false);
}

/** Says how something that was deleted comes back. */
export function tellTrash({ stderr }: CommandContext, trash: TrashId | undefined): void {
  if (trash !== undefined) printLine(stderr, `To bring it back: ekphrasis trash restore ${trash}`);
}

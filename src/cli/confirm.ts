/** Asks a person before something is done that cannot be undone. */
import { createInterface } from 'node:readline/promises';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { CommandContext } from './terminal.js';

/** @throws BAD_USER_INPUT when the person says no, and without a terminal where nobody can be asked */
export async function confirm(question: string, yes: boolean, { stderr, signal }: CommandContext): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || stderr.isTTY !== true) {
    throw new EkphrasisError(ErrorCode.BadInput, `${question} Nothing was deleted: there is no terminal to ask on. Confirm it with --yes.`);
  }
  const terminal = createInterface({ input: process.stdin, output: stderr });
  try {
    const answer = await terminal.question(`${question} It cannot be undone. [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new EkphrasisError(ErrorCode.BadInput, 'Nothing was deleted.');
  } finally {
    terminal.close();
  }
}

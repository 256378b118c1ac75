/** What a command may touch of the world around it: its streams and its environment. Tests hand in their own. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Terminal } from './progress.js';

export interface CommandContext {
  /** Results. With --json, the JSON and nothing else. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress, remarks and errors. */
  readonly stderr: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the person or the system wants the program to end. */
  readonly signal: AbortSignal;
}

/** What the program ends with. `Incomplete`: all went well, and something is left for a person to do. */
export const ExitCode = { Success: 0, Failure: 1, Usage: 2, Incomplete: 3, Interrupted: 130 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The person or the system ended the command before it was done. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export function printLine(stream: NodeJS.WritableStream, line = ''): void {
  stream.write(`${line}\n`);
}

/** A number with its noun, such as `1 photo` and `2 photos`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function printJson(stream: NodeJS.WritableStream, value: unknown): void {
  stream.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** What is said of an error to a person: its code and message; of a defect what is known, and that it is one. */
export function describeError(error: unknown): { code: ErrorCode | 'INTERNAL_ERROR'; message: string } {
  if (error instanceof EkphrasisError) return { code: error.code, message: error.message };
  const system = fromSystem(error);
  if (system) return { code: system.code, message: system.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL_ERROR', message: `This is a defect of Ekphrasis, please report it: ${reason}` };
}

/** The operating system's refusals that people meet, in their words. */
function fromSystem(error: unknown): EkphrasisError | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : 'the file';
  switch (error.code) {
    case 'ENOENT':
      return new EkphrasisError(ErrorCode.NotFound, `${path} does not exist.`);
    case 'EISDIR':
      return new EkphrasisError(ErrorCode.BadInput, `${path} is a folder.`);
    case 'ENOSPC':
      return new EkphrasisError(ErrorCode.StorageFailed, 'The disk is full.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new EkphrasisError(ErrorCode.StorageFailed, `${path} must not be read or written by this user.`);
    case 'EADDRINUSE':
      return new EkphrasisError(ErrorCode.Conflict, 'The port is taken by another program: set PORT to a free one.');
    default:
      return undefined;
  }
}

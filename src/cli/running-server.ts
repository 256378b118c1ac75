/**
 * The one way by which a command reaches the server that has the embedded database open: over its API, as the owner of
 * the machine.
 */
import { z } from 'zod';
import { findServer, type ServerAddress } from '../access/running-server.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';

export interface RunningServer {
  /**
   * What is at a path, piece by piece.
   *
   * @throws the server's own errors by their codes; PROCESS_FAILED when it does not answer to the end; the signal's reason
   */
  read(path: string, signal: AbortSignal): AsyncIterable<string>;
}

const refusalSchema = z.object({
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).min(1),
});

/** @returns undefined where the database can be opened here, or by whatever else has it open */
export async function runningServer({ databaseUrl, dataDirectory }: Config): Promise<RunningServer | undefined> {
  const found = databaseUrl === undefined ? await findServer(dataDirectory) : undefined;
  if (!found) return undefined;
  return { read: (path, signal) => read(found, path, signal) };
}

async function* read({ url, secret }: ServerAddress, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const headers = { authorization: `Bearer ${secret}` };
  try {
    const response = await fetch(new URL(path, url), { headers, signal, redirect: 'error' });
    if (!response.ok) throw await refusalOf(url, response);
    if (response.body) yield* response.body.pipeThrough(new TextDecoderStream());
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof EkphrasisError ? error : noAnswer(url, error);
  }
}

async function refusalOf(url: string, response: Response): Promise<EkphrasisError> {
  const { data } = refusalSchema.safeParse(await response.json().catch(() => undefined));
  const [error] = data?.errors ?? [];
  const code = Object.values(ErrorCode).find((known) => known === error?.extensions.code);
  return code && error ? new EkphrasisError(code, error.message) : noAnswer(url, `status ${response.status}`);
}

/** For a connection that breaks as well. */
function noAnswer(url: string, cause: unknown): EkphrasisError {
  const message = `The server at ${url}, which has the database open, does not answer. Try again when it runs, or has ended.`;
  return new EkphrasisError(ErrorCode.ProcessFailed, message, { cause });
}

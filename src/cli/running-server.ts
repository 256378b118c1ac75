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
  /**
   * What an operation of GraphQL gives.
   *
   * @throws as `read`
   */
  ask(operation: string, variables: object, signal: AbortSignal): Promise<unknown>;
}

const refusalSchema = z.object({
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).min(1),
});

/** @returns undefined where the database can be opened here, or by whatever else has it open */
export async function runningServer({ databaseUrl, dataDirectory }: Config): Promise<RunningServer | undefined> {
  const found = databaseUrl === undefined ? await findServer(dataDirectory) : undefined;
  if (!found) return undefined;
  return {
    read: (path, signal) => read(found, path, signal),
    ask: (operation, variables, signal) => ask(found, { query: operation, variables }, signal),
  };
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

async function ask({ url, secret }: ServerAddress, body: object, signal: AbortSignal): Promise<unknown> {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
  try {
    const request = { method: 'POST', body: JSON.stringify(body), headers, signal, redirect: 'error' } as const;
    const response = await fetch(new URL(url), request);
    if (!response.ok) throw await refusalOf(url, response);
    const answer: unknown = await response.json();
    const refused = refusalSchema.safeParse(answer);
    if (refused.success) throw toError(url, refused.data, 'an error');
    return dataSchema.parse(answer).data;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof EkphrasisError ? error : noAnswer(url, error);
  }
}

const dataSchema = z.object({ data: z.unknown() });

async function refusalOf(url: string, response: Response): Promise<EkphrasisError> {
  const { data } = refusalSchema.safeParse(await response.json().catch(() => undefined));
  return toError(url, data, `status ${response.status}`);
}

function toError(url: string, refusal: z.infer<typeof refusalSchema> | undefined, otherwise: string): EkphrasisError {
  const [error] = refusal?.errors ?? [];
  const code = Object.values(ErrorCode).find((known) => known === error?.extensions.code);
  return code && error ? new EkphrasisError(code, error.message) : noAnswer(url, otherwise);
}

/** For a connection that breaks as well. */
function noAnswer(url: string, cause: unknown): EkphrasisError {
  const message = `The server at ${url}, which has the database open, does not answer. Try again when it runs, or has ended.`;
  return new EkphrasisError(ErrorCode.ProcessFailed, message, { cause });
}

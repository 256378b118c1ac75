/**
 * The one way by which a command reaches the server that has the embedded database open: over its API, as the owner of
 * the machine.
 */
import { buffer, text as readText } from 'node:stream/consumers';
import { z } from 'zod';
import { findServer, type ServerAddress } from '../access/running-server.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { parseJson } from '../files/json.js';

export interface RunningServer {
  /**
   * What is at a path, piece by piece.
   *
   * @throws the server's own errors by their codes; PROCESS_FAILED when it does not answer to the end; the signal's reason
   */
  read(path: string, signal: AbortSignal): AsyncIterable<string>;
  /** The same as one piece. @throws as `read` */
  download(path: string, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * What an operation of GraphQL gives that is sent a file, as its variable `upload`.
   *
   * @throws as `read`
   */
  upload(operation: string, variables: object, file: Uint8Array, name: string, signal: AbortSignal): Promise<unknown>;
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
    download: (path, signal) => download(found, path, signal),
    upload: (operation, variables, file, name, signal) => {
      const form = new FormData();
      form.set('operations', JSON.stringify({ query: operation, variables: { ...variables, upload: null } }));
      form.set('map', JSON.stringify({ 0: ['variables.upload'] }));
      form.set('0', new Blob([file]), name);
      return ask(found, form, signal);
    },
    ask: (operation, variables, signal) => ask(found, { query: operation, variables }, signal),
  };
}

/** The body of an answer, piece by piece. @throws as `RunningServer.read` */
async function* fetchFrom(
  { url, secret }: ServerAddress,
  path: string,
  signal: AbortSignal,
  { headers, ...request }: RequestInit = {},
): AsyncGenerator<Uint8Array> {
  const sent = new Headers(headers);
  sent.set('authorization', `Bearer ${secret}`);
  try {
    const response = await fetch(new URL(path, url), { ...request, headers: sent, signal, redirect: 'error' });
    if (!response.ok) throw await refusalOf(url, response);
    if (response.body) yield* response.body;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof EkphrasisError ? error : noAnswer(url, error);
  }
}

async function* read(server: ServerAddress, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const piece of fetchFrom(server, path, signal)) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

async function download(server: ServerAddress, path: string, signal: AbortSignal): Promise<Uint8Array> {
  return buffer(fetchFrom(server, path, signal));
}

/** @param body as JSON, or a form with a file */
async function ask(server: ServerAddress, body: object, signal: AbortSignal): Promise<unknown> {
  // A form is typed by whoever sends it.
  const request: RequestInit =
    body instanceof FormData
      ? { body, headers: { 'apollo-require-preflight': '1' } }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const text = await readText(fetchFrom(server, server.url, signal, { ...request, method: 'POST' }));
  const answer = parseJson(text);
  const refused = refusalSchema.safeParse(answer);
  if (refused.success) throw toError(server.url, refused.data, 'an error');
  const given = dataSchema.safeParse(answer);
  if (!given.success) throw noAnswer(server.url, given.error);
  return given.data.data;
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

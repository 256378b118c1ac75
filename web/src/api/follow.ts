/** Subscriptions that outlive lost connections and restarts of the server. */
import { print } from '@0no-co/graphql.web';
import { createClient } from 'graphql-ws';
import { dataOf, GRAPHQL_PATH, reachable, Refusal } from './client.js';
import type { TadaDocumentNode } from './graphql.js';
import { askViewer } from './viewer.js';

// Whoever follows says himself with what he goes on after a break, which the client's own retries could not know.
const client = createClient({
  url: () => new URL(GRAPHQL_PATH, location.href.replace(/^http/, 'ws')).href,
  retryAttempts: 0,
  keepAlive: 10_000,
  lazyCloseTimeout: 1_000,
});

/** The server closes a connection with it whose key does not count, or no longer. */
const FORBIDDEN = 4403;

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;

export interface Following<Data, Variables> {
  /** Asked before each connection: what is to be told from now on. */
  readonly variables: () => Variables;
  readonly onData: (data: Data) => void;
  /** Whether what happens is heard at present. */
  readonly onLive: (live: boolean) => void;
  /** Whether a stream that ended has told its end. One that has not was cut off by a server that went. */
  readonly isOver: () => boolean;
}

/**
 * Follows a subscription to its end, connecting again after each break.
 *
 * @throws Refusal when the server will not tell
 */
export async function follow<Data, Variables extends Record<string, unknown>>(
  document: TadaDocumentNode<Data, Variables>,
  { variables, onData, onLive, isOver }: Following<Data, Variables>,
  signal: AbortSignal,
): Promise<void> {
  let wait = FIRST_WAIT;
  while (!signal.aborted) {
    const answered = await listen(document, variables(), signal, (data) => {
      onLive(true);
      onData(data);
    });
    if (isOver()) return;
    onLive(false);
    if (answered) wait = FIRST_WAIT;
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

/** Says whether anything came before the connection broke. @throws Refusal */
async function listen<Data, Variables extends Record<string, unknown>>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  signal: AbortSignal,
  onData: (data: Data) => void,
): Promise<boolean> {
  const stream = client.iterate<Data>({ query: print(document), variables });
  const stop = () => void stream.return?.();
  signal.addEventListener('abort', stop);
  let answered = false;
  try {
    for await (const result of stream) {
      answered = true;
      reachable.value = true;
      onData(dataOf(result as Parameters<typeof dataOf<Data>>[0]));
    }
  } catch (error) {
    // An operation that is refused comes as a list of errors; everything else is a connection that broke.
    if (error instanceof Refusal) throw error;
    if (error instanceof CloseEvent && error.code === FORBIDDEN) await askViewer();
    if (Array.isArray(error)) dataOf({ errors: error as { message: string }[] });
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return answered;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Subscriptions that outlive lost connections and restarts of the server. */
import { print } from '@0no-co/graphql.web';
import { createClient } from 'graphql-ws';
import { dataOf, GRAPHQL_PATH, reachable, Refusal } from './client.js';
import type { TadaDocumentNode } from './graphql.js';

// Whoever follows says himself with what he goes on after a break, which the client's own retries could not know.
const client = createClient({
  url: () => new URL(GRAPHQL_PATH, location.href.replace(/^http/, 'ws')).href,
  retryAttempts: 0,
  keepAlive: 10_000,
  lazyCloseTimeout: 1_000,
});

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
    const stream = client.iterate<Data>({ query: print(document), variables: variables() });
    const stop = () => void stream.return?.();
    signal.addEventListener('abort', stop);
    try {
      for await (const result of stream) {
        wait = FIRST_WAIT;
        reachable.value = true;
        onLive(true);
        onData(dataOf(result as Parameters<typeof dataOf<Data>>[0]));
      }
    } catch (error) {
      // An operation that is refused comes as a list of errors; everything else is a connection that broke.
      if (error instanceof Refusal) throw error;
      if (Array.isArray(error)) dataOf({ errors: error as { message: string }[] });
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (isOver()) return;
    onLive(false);
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
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

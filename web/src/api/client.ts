/** Queries and mutations over HTTP. */
import { print } from '@0no-co/graphql.web';
import { signal } from '@preact/signals';
import type { TadaDocumentNode } from './graphql.js';

export const GRAPHQL_PATH = '/graphql';

/** Whether the last thing that was asked of the server came to an answer. */
export const reachable = signal(true);

/** Whether the server asks for a key, and this browser has none that counts. */
export const signedOut = signal(false);

/** The server said no: `code` is one of the schema's, the message is meant for people. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** Nothing came back: no network, or no server. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super('The server does not answer.', { cause });
  }
}

/** The key does not count, or no longer. */
export class WrongKey extends Error {
  constructor() {
    super('That key does not count: it is misspelt, was revoked, or has expired.');
  }
}

/** A GraphQL response, as the specification has it. */
export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/**
 * @throws Refusal, Unreachable; an AbortError when `signal` says so
 */
export async function ask<Data, Variables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const body = JSON.stringify({ query: print(document), variables });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  let response: Response;
  try {
    response = await fetch(GRAPHQL_PATH, { method: 'POST', body, headers, signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    reachable.value = false;
    throw new Unreachable(error);
  }
  reachable.value = true;
  return dataOf((await response.json()) as Answer<Data>);
}

/** @throws Refusal */
export function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  const [error] = errors ?? [];
  if (error?.extensions?.code === 'UNAUTHENTICATED') signedOut.value = true;
  if (error) throw new Refusal(error.message, error.extensions?.code ?? '');
  if (data == null) throw new Refusal('The server gave no answer.', '');
  return data;
}

/** What people are told of a failure. */
export function messageOf(error: unknown): string {
  return error instanceof Refusal || error instanceof Unreachable || error instanceof WrongKey
    ? error.message
    : 'Something went wrong on this page. Reload it.';
}

/** Asks the server for a sign of life until it gives one, when it was out of reach. */
export function watchConnection(): void {
  const look = async () => {
    const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => undefined);
    reachable.value = answer?.ok ?? false;
  };
  addEventListener('online', () => void look());
  addEventListener('offline', () => {
    reachable.value = false;
  });
  setInterval(() => {
    if (!reachable.value && document.visibilityState === 'visible') void look();
  }, 2_000);
}

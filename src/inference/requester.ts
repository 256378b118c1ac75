/**
 * Who asks for work of the inference process. It is known where a request comes in, and wanted where work waits; what lies
 * between, the collection, need not know it, so that it goes by way of the asynchronous context.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What is worked on first: `interactive` work is one photo that a person waits for, `bulk` is work of requests that ask
 * for much at once, `background` is that of jobs.
 */
export const PRIORITIES = ['interactive', 'bulk', 'background'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface Requester {
  /** Clients of one name share what one of them is given. */
  readonly client: string;
  priority: Priority;
  /** Aborted when nobody waits for the answer any more; undefined for what is to be done to its end in any case. */
  signal?: AbortSignal | undefined;
}

const requesters = new AsyncLocalStorage<Requester>();

/** Does something in the name of somebody, with all that follows from it. */
export function requestedBy<T>(requester: Requester, action: () => T): T {
  return requesters.run(requester, action);
}

/** Commands, jobs and whatever else is not asked for over the network have no name. */
export function currentRequester(): Requester {
  return requesters.getStore() ?? { client: '', priority: 'interactive' };
}

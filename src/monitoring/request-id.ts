/**
 * By which id a request is found again: in its answer, in the log, in the errors that it met and in the jobs that it
 * began. It is known where a request comes in, and wanted wherever something is logged, so that it goes by way of the
 * asynchronous context.
 *
 * The context of `inference/requester.ts` is another: it says who waits for an answer, and is aborted with the request. An
 * id outlives its request, in a job on another machine for which nobody waits.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const ids = new AsyncLocalStorage<string | undefined>();

/** Does something for a request, or with null for none, with all that follows from it. */
export function withRequestId<T>(id: string | null, action: () => T): T {
  return ids.run(id ?? undefined, action);
}

/** Of the request for which something is done; null where none caused it. */
export function currentRequestId(): string | null {
  return ids.getStore() ?? null;
}

/** For every line of a log (pino's `mixin`), and for errors: the request for which it comes, where there is one. */
export function requestFields(): { readonly requestId?: string } {
  const requestId = currentRequestId();
  return requestId === null ? {} : { requestId };
}

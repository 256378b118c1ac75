/** What stands where there is nothing yet, nothing at all, or nothing because of a failure. */
import type { ComponentChildren } from 'preact';
import { messageOf, Unreachable } from '../api/client.js';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

export function Failure({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  return (
    <div class="state" role="alert">
      <p class="state-title">{error instanceof Unreachable ? 'No connection' : 'That did not work'}</p>
      <p>{messageOf(error)}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Beside what was to be done: why it was not. Nothing where there is no error. */
export function Refused({ error }: { error: unknown }) {
  return error === undefined ? null : (
    <p class="bad" role="alert">
      {messageOf(error)}
    </p>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="state loading" role="status">
      {what}
    </p>
  );
}

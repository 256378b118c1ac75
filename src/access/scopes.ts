/** What a client may do. The table of operations stands beside them: each names the scope that it needs. */
import { EkphrasisError, ErrorCode } from '../errors.js';

export const SCOPES = ['read', 'caption', 'write', 'train', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export const SCOPE_MEANINGS: Readonly<Record<Scope, string>> = {
  read: 'Look at photos, captions, models, reports, jobs and trainings, and search.',
  caption: 'Send photos to be captioned or compared, and have a model write. Includes read.',
  write:
    'Keep captions and ratings of people, approve and change alternative texts, import, rename and delete data sets, ' +
    'delete photos. Includes read.',
  train:
    'Start, pause and end trainings, evaluations and all jobs but imports, choose and delete models. Includes read.',
  admin: 'Make and revoke keys, and everything else.',
};

/**
 * Whoever may change something is answered with what is there around it, so a key that may write but not read would be
 * a promise that does not hold.
 */
const INCLUDED: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  caption: ['read', 'caption'],
  write: ['read', 'write'],
  train: ['read', 'train'],
  admin: SCOPES,
};

/** The scopes with all that they include. Names that this program does not know allow nothing. */
export function allScopes(given: readonly string[]): Scope[] {
  const included = new Set(SCOPES.filter((scope) => given.includes(scope)).flatMap((scope) => INCLUDED[scope]));
  return SCOPES.filter((scope) => included.has(scope));
}

/** Reads a list such as `read,caption`. @throws BAD_USER_INPUT */
export function parseScopes(text: string): Scope[] {
  const scopes = text.split(',').map((name) => {
    const scope = SCOPES.find((known) => known === name.trim().toLowerCase());
    if (scope) return scope;
    const message = `There is no scope "${name.trim()}": there are ${SCOPES.join(', ')}.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  });
  return [...new Set(scopes)];
}

/** Who the server takes this browser for, and what it may do. */
import { signal } from '@preact/signals';
import { ask, signedOut, Unreachable, WrongKey } from './client.js';
import { graphql, type ResultOf } from './graphql.js';

const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      kind
      name
      scopes
    }
  }
`);

type Viewer = ResultOf<typeof ViewerQuery>['viewer'];
type Scope = Viewer['scopes'][number];

/** Undefined until the server has told. */
export const viewer = signal<Viewer | undefined>(undefined);

/** Whether a control is offered. Until the server has told they all are: it is the server that refuses. */
export function may(scope: Scope): boolean {
  return viewer.value?.scopes.includes(scope) ?? true;
}

/** Asks the server who this is. Where it wants a key first, `signedOut` says so. */
export async function askViewer(): Promise<void> {
  try {
    viewer.value = (await ask(ViewerQuery, {})).viewer;
  } catch {
    // Refused, which `signedOut` tells, or out of reach, which `reachable` tells.
  }
}

const SESSION_PATH = '/session';

/** @throws WrongKey, Unreachable */
export async function signIn(key: string): Promise<void> {
  const response = await session({
    method: 'POST',
    body: JSON.stringify({ key }),
    headers: { 'content-type': 'application/json' },
  });
  if (response.status === 401) throw new WrongKey();
  if (!response.ok) throw new Unreachable();
  reopen();
}

export async function signOut(): Promise<void> {
  await session({ method: 'DELETE' });
  reopen();
}

function session(request: RequestInit): Promise<Response> {
  return fetch(SESSION_PATH, request).catch((error: unknown) => {
    throw new Unreachable(error);
  });
}

/** Nothing that another client saw stays on the page. */
function reopen(): void {
  signedOut.value = false;
  location.reload();
}

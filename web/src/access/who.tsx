/** Who the server takes this browser for, and what that may do. */
import { signedOut } from '../api/client.js';
import { signOut, viewer } from '../api/viewer.js';
import { series } from '../parts/figures.js';
import { useAction } from '../parts/use-action.js';
import './access.css';

export function Who() {
  const { busy, run } = useAction();
  const client = viewer.value;
  // Whoever sits at the machine of the server may do everything, and needs not be told.
  if (!client || client.kind === 'LOCAL' || signedOut.value) return null;
  const scopes = client.scopes.map((scope) => scope.toLowerCase());
  return (
    <div class="who">
      <p class="small soft">
        {client.name ?? 'Everybody'} may {client.scopes.includes('ADMIN') ? 'do everything' : series(scopes)}
      </p>
      {client.kind === 'KEY' && (
        <button type="button" class="plain" disabled={busy.value} onClick={() => void run(signOut)}>
          Sign out
        </button>
      )}
      {client.kind === 'ANONYMOUS' && (
        <button
          type="button"
          class="plain"
          onClick={() => {
            signedOut.value = true;
          }}
        >
          Sign in
        </button>
      )}
    </div>
  );
}

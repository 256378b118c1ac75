/** In place of the views, where the server asks for a key. */
import { useEffect, useRef } from 'preact/hooks';
import { signIn } from '../api/viewer.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import './access.css';

export function SignIn() {
  const input = useRef<HTMLInputElement>(null);
  const { busy, error, run } = useAction();
  useEffect(() => {
    document.title = 'Sign in · Ekphrasis';
    input.current?.focus();
  }, []);
  return (
    <main id="main" tabIndex={-1}>
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => signIn(input.current?.value.trim() ?? ''));
        }}
      >
        <h1>Sign in</h1>
        <p class="soft">
          This server asks for a key. Whoever runs it makes one: <code>ekphrasis keys create --scope read,caption</code>
        </p>
        <label>
          <span>Key</span>
          <input ref={input} type="password" name="key" required autocomplete="current-password" spellcheck={false} />
        </label>
        <div class="row">
          <button type="submit" class="main" disabled={busy.value}>
            Sign in
          </button>
        </div>
        <Refused error={error.value} />
      </form>
    </main>
  );
}

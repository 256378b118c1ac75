/** What has happened, for people who do not see it happen. */
import { signal } from '@preact/signals';

const message = signal('');

/** Has a screen reader say it once it is done with what it says. */
export function announce(text: string): void {
  message.value = text;
}

export function Announcer() {
  return (
    <p class="unseen" role="status">
      {message.value}
    </p>
  );
}

/** What is told of a job, made into a stream. */
import type { Mailbox } from './mailbox.js';
import type { Notifier } from './notifier.js';

/**
 * A stream that a generator makes of the notices of a job, heard from its first reading on. Its reader can end it while
 * it waits: a generator's own `return` waits for what the generator waits for, which may be a notice that never comes.
 *
 * @param read ends when the mailbox is closed
 */
export function follow<Id extends string, Notice, T>(
  jobId: Id,
  notifier: Notifier<Id, Notice>,
  mailbox: Mailbox<Notice>,
  read: (mailbox: Mailbox<Notice>) => AsyncGenerator<T, undefined>,
): AsyncIterableIterator<T> {
  const events = heard(jobId, notifier, mailbox, read);
  return {
    next: () => events.next(),
    return: () => {
      mailbox.close();
      return events.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* heard<Id extends string, Notice, T>(
  jobId: Id,
  notifier: Notifier<Id, Notice>,
  mailbox: Mailbox<Notice>,
  read: (mailbox: Mailbox<Notice>) => AsyncGenerator<T, undefined>,
): AsyncGenerator<T, undefined> {
  const unsubscribe = notifier.subscribe(jobId, (notice) => {
    mailbox.put(notice);
  });
  try {
    yield* read(mailbox);
  } finally {
    unsubscribe();
  }
}

/**
 * A generator that its reader can end while it waits. Its own `return` waits for what the generator waits for, which may be
 * a notice that never comes.
 *
 * @param wake has the generator stop waiting and end
 */
export function endable<T>(generator: AsyncGenerator<T, undefined>, wake: () => void): AsyncIterableIterator<T> {
  return {
    next: () => generator.next(),
    return: () => {
      wake();
      return generator.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Items that come one by one, handled some at a time. */

/** Handles the items in groups, several groups at a time, and reads no further ahead than that. */
export async function forEachBatch<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  size: number,
  atOnce: number,
  handle: (batch: Item[]) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const start = async (batch: Item[]) => {
    const task = handle(batch).finally(() => running.delete(task));
    running.add(task);
    // Its error is met where it is awaited; without this it could be met too late.
    task.catch(() => undefined);
    if (running.size >= atOnce) await Promise.race(running);
  };
  let batch: Item[] = [];
  try {
    for await (const item of items) {
      batch.push(item);
      if (batch.length < size) continue;
      await start(batch);
      batch = [];
    }
    if (batch.length > 0) await start(batch);
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
}

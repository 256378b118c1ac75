/** What people deleted stays for some days, in which it can be brought back whole. */
import type { TrashBin } from '../collection/context.js';
import type { TrashId } from '../ids.js';
import type { Store } from '../store/store.js';
import type { Restored, TrashKind, TrashRecord } from '../store/trash.js';
import { createVectorIndexes } from '../store/vector-index.js';

const DAY_MILLISECONDS = 86_400_000;

/** An entry, and when it is deleted for good. */
export interface TrashEntry extends TrashRecord {
  readonly expiresAt: Date;
}

export class Trash implements TrashBin {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  /** @param days that what is deleted stays; 0: it is gone at once */
  constructor(
    private readonly store: Pick<Store, 'trash' | 'space' | 'executeSql'>,
    readonly days: number,
  ) {}

  async open(kind: TrashKind, name: string): Promise<TrashId | undefined> {
    return this.days === 0 ? undefined : this.store.trash.open(kind, name);
  }

  /** What can be brought back, newest first. */
  async list(): Promise<TrashEntry[]> {
    const records = await this.store.trash.list();
    return records.map((record) => ({
      ...record,
      expiresAt: new Date(record.deletedAt.getTime() + this.days * DAY_MILLISECONDS),
    }));
  }

  /**
   * Brings back everything of an entry.
   *
   * @throws NOT_FOUND; STORAGE_FAILED where there is no room for it
   */
  async restore(id: TrashId): Promise<Restored & { readonly name: string }> {
    const { trash, space, executeSql } = this.store;
    const { name, kind, bytes } = await trash.find(id);
    const restored = await space.within(bytes, () => trash.restore(id));
    // Those of a deleted model went with it.
    if (kind === 'model') await createVectorIndexes(executeSql);
    return { ...restored, name };
  }

  /**
   * Deletes entries for good.
   *
   * @param ids Default: all
   * @returns how many there were
   */
  empty(ids?: readonly TrashId[]): Promise<number> {
    return this.store.trash.empty(ids);
  }

  /**
   * Deletes for good what has been here for its days, now and once a day. Nobody waits for it, and on a disk without room
   * it is done another day.
   */
  work(onError: (error: unknown) => void): void {
    const sweep = () => {
      const moment = new Date(Date.now() - this.days * DAY_MILLISECONDS);
      this.sweeping = this.store.trash.emptyBefore(moment).then(() => undefined, onError);
    };
    this.timer ??= setInterval(sweep, DAY_MILLISECONDS).unref();
    sweep();
  }

  /** Ends what `work` does. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }
}

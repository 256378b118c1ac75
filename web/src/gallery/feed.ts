/** A list that is read page by page, as far as somebody looks. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Entry, EntryPage, Understanding } from './entries.js';

export interface FeedState {
  readonly entries: readonly Entry[];
  /** Entries of the whole list; undefined before the first answer. */
  readonly total: number | undefined;
  readonly totalIsEstimate: boolean;
  readonly understanding: Understanding | undefined;
  readonly loading: boolean;
  readonly error: unknown;
}

export interface Feed {
  readonly state: ReadonlySignal<FeedState>;
  /** Reads the next page, unless one is being read or there is none. */
  readonly more: () => void;
  /** Leaves out photos that were deleted. */
  readonly remove: (imageIds: ReadonlySet<string>) => void;
  readonly close: () => void;
}

const NOTHING: FeedState = {
  entries: [],
  total: undefined,
  totalIsEstimate: false,
  understanding: undefined,
  loading: false,
  error: undefined,
};

export function openFeed(read: (after: string | undefined, signal: AbortSignal) => Promise<EntryPage>): Feed {
  const controller = new AbortController();
  const state = signal<FeedState>(NOTHING);
  let next: string | undefined;
  const load = async () => {
    state.value = { ...state.value, loading: true, error: undefined };
    try {
      const page = await read(next, controller.signal);
      next = page.next;
      const entries = [...state.value.entries, ...page.entries];
      // The last page says how many there are, whatever was added or deleted while the others were read.
      const counted = next === undefined ? { total: entries.length, totalIsEstimate: false } : page;
      const { total, totalIsEstimate } = counted;
      state.value = {
        entries,
        total,
        totalIsEstimate,
        understanding: page.understanding,
        loading: false,
        error: undefined,
      };
    } catch (error) {
      if (!controller.signal.aborted) state.value = { ...state.value, loading: false, error };
    }
  };
  return {
    state,
    more: () => {
      const { loading, total } = state.value;
      if (!loading && (total === undefined || next !== undefined)) void load();
    },
    remove: (imageIds) => {
      const entries = state.value.entries.filter(({ card }) => !imageIds.has(card.id));
      const { total } = state.value;
      state.value = { ...state.value, entries, total: total && total - (state.value.entries.length - entries.length) };
    },
    close: () => {
      controller.abort();
    },
  };
}

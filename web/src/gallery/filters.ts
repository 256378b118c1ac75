/** Which photos are shown, as the address says. */
import { computed, signal } from '@preact/signals';
import { route } from '../parts/route.js';

export const SPLITS = ['TRAIN', 'DEV', 'TEST'] as const;
export const MODES = ['HYBRID', 'TEXT', 'SEMANTIC'] as const;
export const WRITERS = ['person', 'machine'] as const;
export const PRESENCE = ['missing', 'there'] as const;

/** Only some photos of the collection. */
export interface Filter {
  readonly split: (typeof SPLITS)[number] | undefined;
  readonly dataset: string | undefined;
  readonly library: string | undefined;
  /** Whether the files of libraries are where they were. */
  readonly presence: (typeof PRESENCE)[number] | undefined;
  /** Whether a person, or a data set, has described them; or only machines, if anybody. */
  readonly writer: (typeof WRITERS)[number] | undefined;
  /** The first and the last day on which they were added, such as 2026-11-25. */
  readonly from: string | undefined;
  readonly until: string | undefined;
}

/** A photo that others are to be like. It is sent along with the question and not stored. */
export interface Example {
  readonly key: number;
  readonly file: File;
  /** Where the browser shows it. */
  readonly src: string;
}

/** What the address says in place of a stored photo's id, which it cannot name. */
export const SENT = 'sent';

/** What is asked for. */
export interface Wish {
  /** Words to search for. */
  readonly text: string;
  readonly mode: (typeof MODES)[number];
  /** The words are searched as they are typed: none is taken for misspelt. */
  readonly exact: boolean;
  /** The id of a photo that the others are to be like, or SENT. */
  readonly like: string | undefined;
  /** The photo that SENT means; undefined after the page was loaded anew. */
  readonly example: Example | undefined;
  readonly filter: Filter;
}

const example = signal<Example | undefined>(undefined);

/** Has a photo from this device looked for; see SENT. */
export function setExample(file: File): void {
  const before = example.peek();
  if (before) URL.revokeObjectURL(before.src);
  example.value = { key: (before?.key ?? 0) + 1, file, src: URL.createObjectURL(file) };
}

export const wish = computed<Wish>(() => {
  const { query } = route.value;
  const given = (name: string) => query.get(name)?.trim() || undefined;
  const oneOf = <Name extends string>(names: readonly Name[], name: string) =>
    names.find((known) => known === query.get(name));
  const like = given('like');
  return {
    text: given('q') ?? '',
    mode: oneOf(MODES, 'mode') ?? 'HYBRID',
    exact: given('exact') !== undefined,
    like,
    example: like === SENT ? example.value : undefined,
    filter: {
      split: oneOf(SPLITS, 'split'),
      dataset: given('dataset'),
      library: given('library'),
      presence: oneOf(PRESENCE, 'files'),
      writer: oneOf(WRITERS, 'by'),
      from: given('from'),
      until: given('until'),
    },
  };
});

export function countFilters(filter: Filter): number {
  return Object.values(filter).filter((value) => value !== undefined).length;
}

/** As the API has it: days end where they end on this device's clock. */
export function toImageFilter({ split, dataset, library, presence, writer, from, until }: Filter) {
  return {
    split: split ?? null,
    dataset: dataset ?? null,
    library: library ?? null,
    missing: presence === undefined ? null : presence === 'missing',
    hasPersonCaption: writer === undefined ? null : writer === 'person',
    addedFrom: beginOf(from, 0),
    addedBefore: beginOf(until, 1),
  };
}

/** @returns null for no day, or none that there is */
function beginOf(day: string | undefined, daysLater: number): string | null {
  const [year, month, date] = (day ?? '').split('-').map(Number);
  if (!year || !month || !date) return null;
  const begin = new Date(year, month - 1, date + daysLater);
  return Number.isNaN(begin.getTime()) ? null : begin.toISOString();
}

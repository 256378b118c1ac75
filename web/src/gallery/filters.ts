/** Which photos are shown, as the address says. */
import { computed } from '@preact/signals';
import { route } from '../parts/route.js';
import type { Wish } from './entries.js';

export const SPLITS = ['TRAIN', 'DEV', 'TEST'] as const;
export type Split = (typeof SPLITS)[number];

const given = (value: string | null): string | undefined => (value === null || value === '' ? undefined : value);

export const wish = computed<Wish>(() => {
  const { query } = route.value;
  return {
    text: query.get('q')?.trim() ?? '',
    like: given(query.get('like')),
    split: SPLITS.find((split) => split === query.get('split')),
    dataset: given(query.get('dataset')),
  };
});

/** Photos whose texts need somebody: listed by need, counted by state. */
import { checkLanguage } from '../language/languages.js';
import type { AltTextCounts, AltTextFilter, AltTextOrder, AltTextPart, AltTextPlace } from '../store/alt-text-queue.js';
import type { Store } from '../store/store.js';
import { type AltTextEntry, altTextEntries, type AltTextStore, usualLanguage } from './alt-text.js';

export interface AltTextRequest extends AltTextPart {
  readonly order: AltTextOrder;
  /** `language`: default, that of the current model. */
  readonly filter: Omit<AltTextFilter, 'language' | 'model'> & { readonly language?: string | undefined };
}

export interface AltTextPage {
  readonly entries: readonly { readonly place: AltTextPlace; readonly entry: AltTextEntry }[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  /** How many photos are in each state, whatever states are asked for. */
  count(): Promise<AltTextCounts>;
}

/** @throws EkphrasisError BAD_USER_INPUT for what is no language */
export async function altTextQueue(
  { order, filter: wanted, ...part }: AltTextRequest,
  store: AltTextStore & Pick<Store, 'altTextQueue'>,
): Promise<AltTextPage> {
  const current = await store.models.current();
  const language = wanted.language === undefined ? usualLanguage(current) : checkLanguage(wanted.language);
  const filter = { ...wanted, language, model: current?.id };
  const { items: page, hasNext, hasPrevious } = await store.altTextQueue.list(order, filter, part);
  const ids = page.map(({ imageId }) => imageId);
  const entries = new Map((await altTextEntries(ids, language, store)).map((entry) => [entry.image.id, entry]));
  return {
    entries: page.flatMap((place) => {
      const entry = entries.get(place.imageId);
      return entry ? { place, entry } : [];
    }),
    hasNext,
    hasPrevious,
    count: () => store.altTextQueue.count(filter),
  };
}

/**
 * A person says that what photos' files say are captions: from then on they are trained on, as what people write is.
 * Before that they are shown and searched only, for descriptions often hold credits.
 */
import { cleanCaption } from '../datasets/caption-text.js';
import type { ImageId } from '../ids.js';
import type { CaptionField, FileCaption } from '../metadata/file-metadata.js';
import type { ImageFilter } from '../store/image-filter.js';
import { ADOPTED } from '../store/split-rules.js';
import type { Store } from '../store/store.js';
import { LONGEST_CAPTION } from './people-captions.js';

export interface AdoptedCaptions {
  /** Captions of people that there are for it now, those from before included. */
  readonly adopted: number;
  /** Photos whose files say nothing of the kind, or more than a caption may have. */
  readonly without: number;
}

type AdoptionStore = Pick<Store, 'fileMetadata' | 'peopleCaptions' | 'datasets'>;

/** Photos asked for at once. */
const PAGE = 100;

/**
 * Adopts of each photo's file what describes it best.
 *
 * @param field adopts this field alone. Default: the first that the file has, of alternative text, extended description,
 *   description and the others
 */
export async function adoptFileCaptions(
  imageIds: readonly ImageId[],
  field: CaptionField | undefined,
  { fileMetadata, peopleCaptions }: Pick<AdoptionStore, 'fileMetadata' | 'peopleCaptions'>,
): Promise<AdoptedCaptions> {
  const captions = await fileMetadata.captionsOf(imageIds);
  let adopted = 0;
  for (const id of imageIds) {
    const best = bestOf(captions.get(id) ?? [], field);
    if (!best) continue;
    await peopleCaptions.add(id, best.text, ADOPTED, best.language);
    adopted += 1;
  }
  return { adopted, without: imageIds.length - adopted };
}

/** Adopts of all photos that the filter lets through. */
export async function adoptCaptionsOfAll(
  filter: ImageFilter,
  field: CaptionField | undefined,
  store: AdoptionStore,
): Promise<AdoptedCaptions> {
  let [adopted, without] = [0, 0];
  for await (const ids of store.fileMetadata.pages(PAGE, filter)) {
    const page = await adoptFileCaptions(ids, field, store);
    adopted += page.adopted;
    without += page.without;
  }
  return { adopted, without };
}

function bestOf(captions: readonly FileCaption[], field: CaptionField | undefined) {
  for (const { field: own, text, language } of captions) {
    const line = field === undefined || field === own ? cleanCaption(text)?.text : undefined;
    if (line !== undefined && line.length <= LONGEST_CAPTION) return { text: line, language };
  }
  return undefined;
}

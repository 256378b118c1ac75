/** Which caption of a photo is written into files, and who wrote it. */
import type { ImageId, ModelId } from '../ids.js';
import type { Author } from '../metadata/marks.js';
import { CHOICE, isOfPeople } from '../store/split-rules.js';
import type { Store } from '../store/store.js';
import { captionConfidence } from './alt-text.js';

export interface CaptionToWrite {
  readonly text: string;
  /** A BCP 47 tag. */
  readonly language: string;
  readonly author: Author;
}

export interface CaptionChoice {
  /** Only what people wrote, chose or adopted here. */
  readonly reviewed: boolean;
  /** Only captions of this language: a BCP 47 tag. Default: of any. */
  readonly language?: string | undefined;
}

/**
 * Of each photo the last caption that a person wrote here, else the last that one chose; else the first of its data set;
 * else the current model's, else the newest of another model's. What the photo's file says itself is in the file.
 */
export async function captionsToWrite(
  imageIds: readonly ImageId[],
  { reviewed, language }: CaptionChoice,
  { captions, models }: Pick<Store, 'captions' | 'models'>,
): Promise<Map<ImageId, CaptionToWrite>> {
  const fits = (caption: { readonly language: string }) =>
    language === undefined || caption.language.toLowerCase() === language.toLowerCase();
  const [references, generated, current] = await Promise.all([
    captions.referencesOf(imageIds),
    captions.generatedOf(reviewed ? [] : imageIds),
    models.current(),
  ]);
  const names = new Map<ModelId, string>();
  const nameOf = async (id: ModelId) => {
    const name = names.get(id) ?? (await models.find(id))?.name ?? id;
    names.set(id, name);
    return name;
  };
  const chosen = new Map<ImageId, CaptionToWrite>();
  for (const id of imageIds) {
    const own = (references.get(id) ?? []).filter(fits);
    const ofPeople = own.filter(isOfPeople);
    const person = ofPeople.findLast(({ source }) => source !== CHOICE) ?? ofPeople.at(-1);
    const reference = person ?? (reviewed ? undefined : own[0]);
    const written = (generated.get(id) ?? []).filter(fits);
    const machine = written.find(({ modelId }) => modelId === current?.id) ?? written[0];
    if (reference)
      chosen.set(id, {
        text: reference.text,
        language: reference.language,
        author: { by: person ? 'person' : 'dataset' },
      });
    else if (machine) {
      const model = await nameOf(machine.modelId);
      const author = { by: 'model', model, confidence: captionConfidence(machine) } as const;
      chosen.set(id, { text: machine.text, language: machine.language, author });
    }
  }
  return chosen;
}

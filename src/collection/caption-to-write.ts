/** Which caption of a photo is written into files, and who wrote it. */
import { captionConfidence } from '../captioner/confidence.js';
import type { ImageId, ModelId } from '../ids.js';
import type { Author, WrittenField } from '../metadata/marks.js';
import { NO_DECISIONS } from '../store/alt-text-decisions.js';
import { CHOICE, isOfPeople } from '../store/split-rules.js';
import type { Store } from '../store/store.js';
import { firstOf } from './alt-text.js';

export interface CaptionToWrite {
  readonly text: string;
  /** A BCP 47 tag. */
  readonly language: string;
  readonly author: Author;
}

export interface CaptionChoice {
  /** An alternative text that a person approved comes before captions; a decorative photo has none. */
  readonly field: WrittenField;
  /** Only what people approved, wrote, chose or adopted here. */
  readonly reviewed: boolean;
  /** Only captions of this language: a BCP 47 tag. Default: of any. */
  readonly language?: string | undefined;
}

/** What is written into a photo's files, or that they get nothing on purpose. */
export interface WrittenChoices {
  readonly captions: ReadonlyMap<ImageId, CaptionToWrite>;
  readonly decorative: ReadonlySet<ImageId>;
}

/**
 * Of each photo, for its alternative text, what a person approved; else the last caption that a person wrote here, else the last that one chose; else the first of its data set;
 * else the current model's, else the newest of another model's. What the photo's file says itself is in the file.
 */
export async function captionsToWrite(
  imageIds: readonly ImageId[],
  { field, reviewed, language }: CaptionChoice,
  { captions, models, altTextDecisions }: Pick<Store, 'captions' | 'models' | 'altTextDecisions'>,
): Promise<WrittenChoices> {
  const fits = (caption: { readonly language: string }) =>
    language === undefined || caption.language.toLowerCase() === language.toLowerCase();
  const [references, generated, current, decided] = await Promise.all([
    captions.referencesOf(imageIds),
    captions.generatedOf(reviewed ? [] : imageIds),
    models.current(),
    altTextDecisions.of(field === 'altText' ? imageIds : []),
  ]);
  const names = new Map<ModelId, string>();
  const nameOf = async (id: ModelId) => {
    const name = names.get(id) ?? (await models.find(id))?.name ?? id;
    names.set(id, name);
    return name;
  };
  const chosen = new Map<ImageId, CaptionToWrite>();
  const decorative = new Set<ImageId>();
  for (const id of imageIds) {
    const decisions = decided.get(id) ?? NO_DECISIONS;
    if (decisions.decorative) {
      decorative.add(id);
      continue;
    }
    const text = firstOf(decisions.approved.filter(fits), current);
    if (text) {
      chosen.set(id, { text: text.text, language: text.language, author: { by: 'person' } });
      continue;
    }
    const isOffered = (caption: { readonly text: string }) => !decisions.rejected.includes(caption.text);
    const own = (references.get(id) ?? []).filter(fits).filter(isOffered);
    const ofPeople = own.filter(isOfPeople);
    const person = ofPeople.findLast(({ source }) => source !== CHOICE) ?? ofPeople.at(-1);
    const reference = person ?? (reviewed ? undefined : own[0]);
    const written = (generated.get(id) ?? []).filter(fits).filter(isOffered);
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
  return { captions: chosen, decorative };
}

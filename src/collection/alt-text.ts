/**
 * What stands in place of a photo for who cannot see it: what a person approved, else what is suggested, which is a
 * person's sentence, or what a model believes it sees. Reading it writes nothing.
 */
import { captionConfidence } from '../captioner/confidence.js';
import { found } from '../errors.js';
import type { ImageId, ModelId, Sha256 } from '../ids.js';
import { checkLanguage, DEFAULT_LANGUAGE, fitsLanguage, lookupOf } from '../language/languages.js';
import { asSentence } from '../language/sentence.js';
import type { FileCaption } from '../metadata/file-metadata.js';
import {
  type AltTextDecisions,
  type AltTextEventRecord,
  type AltTextOrigin,
  type ApprovedAltText,
  concerns,
  type Decision,
  NO_DECISIONS,
} from '../store/alt-text-decisions.js';
import type { GeneratedCaptionRecord, ReferenceCaptionRecord } from '../store/captions.js';
import type { ImageRecord } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import { CHOICE, isOfPeople } from '../store/split-rules.js';
import type { Store } from '../store/store.js';

export interface AltText {
  readonly state: 'APPROVED' | 'SUGGESTED' | 'DECORATIVE';
  /** What takes the photo's place: empty for a decorative one; of an uncertain model a possibility. */
  readonly text: string;
  /** The sentence as it was written. */
  readonly caption: string;
  /** 1 for a person's sentence, and for what a person approved; of a model's, see `captionConfidence`. */
  readonly confidence: number;
  /** Undefined for a decorative photo. */
  readonly origin: AltTextOrigin | undefined;
  /** BCP 47; undefined where nobody knows, and for a decorative photo. */
  readonly language: string | undefined;
  /** Who approved it, or said that the photo is decorative, and when. */
  readonly decision: Decision | undefined;
}

/** A text that is offered for approval. */
export interface AltTextSuggestion {
  /** As it would be approved: what a model wrote has a capital letter and an end. */
  readonly text: string;
  /** As it was written. */
  readonly caption: string;
  readonly confidence: number;
  readonly origin: AltTextOrigin;
  readonly language: string | undefined;
  /** That wrote it. */
  readonly modelId: ModelId | undefined;
}

/** A photo's texts in one language. */
export interface AltTextEntry {
  readonly image: ImageRecord;
  readonly language: string;
  /** Undefined while there is none. */
  readonly altText: AltText | undefined;
  /** Best first. */
  readonly suggestions: readonly AltTextSuggestion[];
  /** How often somebody decided about it. */
  readonly revision: number;
  /** Newest first. */
  readonly history: readonly AltTextEventRecord[];
}

/** What was written and decided about a photo. */
export interface AltTextSources {
  /** By source and position. */
  readonly references: readonly ReferenceCaptionRecord[];
  /** Captions of the photo's file, what describes the photo best first. */
  readonly inFile: readonly FileCaption[];
  /** The newest first. */
  readonly generated: readonly GeneratedCaptionRecord[];
  readonly decisions: AltTextDecisions;
  readonly currentModel: CurrentModel | undefined;
}

type CurrentModel = Pick<ModelRecord, 'id' | 'language'>;
export type AltTextStore = Pick<Store, 'images' | 'captions' | 'fileMetadata' | 'models' | 'altTextDecisions'>;

/**
 * Sentences less certain than this are told as a possibility: seven of ten that the shipped model writes for Flickr8k.
 */
export const CERTAIN = 0.6;

/**
 * The language in which texts are asked for.
 *
 * @param language Default: that of the current model
 * @throws EkphrasisError BAD_USER_INPUT for what is no language tag
 */
export async function languageOf(
  language: string | undefined,
  { models }: Pick<AltTextStore, 'models'>,
): Promise<string> {
  return language === undefined ? usualLanguage(await models.current()) : checkLanguage(language);
}

/** The language in which texts are asked for where none is named. */
export function usualLanguage(currentModel: CurrentModel | undefined): string {
  return currentModel?.language ?? DEFAULT_LANGUAGE;
}

/**
 * The text for a stored photo; undefined while there is none.
 *
 * @param language BCP 47. Default: any, that of the current model first
 * @throws EkphrasisError NOT_FOUND for an unknown photo; BAD_USER_INPUT for what is no language
 */
export async function altText(imageId: ImageId, store: AltTextStore, language?: string): Promise<AltText | undefined> {
  found(await store.images.find(imageId), `image ${imageId}`);
  const tag = language === undefined ? undefined : checkLanguage(language);
  return altTextOf(found((await sourcesOf([imageId], store)).get(imageId), `image ${imageId}`), tag);
}

/**
 * The texts of photos in one language, in the order of the ids; of those that are not there nothing.
 *
 * @param wanted BCP 47. Default: that of the current model
 * @throws EkphrasisError BAD_USER_INPUT for what is no language
 */
export async function altTextEntries(
  imageIds: readonly ImageId[],
  wanted: string | undefined,
  store: AltTextStore,
): Promise<AltTextEntry[]> {
  const language = await languageOf(wanted, store);
  const [images, sources, events] = await Promise.all([
    store.images.findMany(imageIds),
    sourcesOf(imageIds, store),
    store.altTextDecisions.eventsOf(imageIds),
  ]);
  return images.flatMap((image) => {
    const own = sources.get(image.id);
    const history = (events.get(image.id) ?? []).filter((event) => concerns(event, language));
    return own
      ? {
          image,
          language,
          altText: altTextOf(own, language),
          suggestions: suggestionsOf(own, language),
          revision: history.length,
          history: history.toReversed(),
        }
      : [];
  });
}

/**
 * The texts of files, by their bytes: a photo into which its caption was written is the same photo.
 *
 * @returns for each file its photo's; undefined where it is no photo of the collection
 */
export async function altTextsOfFiles(
  sha256s: readonly Sha256[],
  language: string | undefined,
  store: AltTextStore,
): Promise<(AltTextEntry | undefined)[]> {
  const images = await store.images.findByFile(sha256s);
  const ids = [...new Set([...images.values()].map(({ id }) => id))];
  const entries = new Map((await altTextEntries(ids, language, store)).map((entry) => [entry.image.id, entry]));
  return sha256s.map((sha256) => {
    const image = images.get(sha256);
    return image && entries.get(image.id);
  });
}

/** What was written and decided about photos. */
export async function sourcesOf(
  imageIds: readonly ImageId[],
  { captions, fileMetadata, models, altTextDecisions }: Omit<AltTextStore, 'images'>,
): Promise<Map<ImageId, AltTextSources>> {
  const [references, inFile, generated, decisions, currentModel] = await Promise.all([
    captions.referencesOf(imageIds),
    fileMetadata.captionsOf(imageIds),
    captions.generatedOf(imageIds),
    altTextDecisions.of(imageIds),
    models.current(),
  ]);
  return new Map(
    imageIds.map((id) => [
      id,
      {
        references: references.get(id) ?? [],
        inFile: inFile.get(id) ?? [],
        generated: generated.get(id) ?? [],
        decisions: decisions.get(id) ?? NO_DECISIONS,
        currentModel,
      },
    ]),
  );
}

/**
 * What is to be said in a photo's place: nothing where it is decorative, else what a person approved, else the first
 * suggestion. A model's under the threshold becomes "Image may show: …".
 *
 * @param language BCP 47. Default: any, that of the current model first
 * @returns undefined where nobody has written for it
 */
export function altTextOf(sources: AltTextSources, language?: string): AltText | undefined {
  const { approved, decorative } = sources.decisions;
  if (decorative) {
    const nothing = { text: '', caption: '', origin: undefined, language: undefined };
    return { state: 'DECORATIVE', confidence: 1, decision: decorative, ...nothing };
  }
  const text = language === undefined ? firstOf(approved, sources.currentModel) : lookUp(approved, language);
  if (text) {
    const { origin, by, at } = text;
    const said = { text: text.text, caption: text.text, language: text.language };
    return { state: 'APPROVED', confidence: 1, origin, decision: { by, at }, ...said };
  }
  const [suggestion] = suggestionsOf(sources, language);
  if (!suggestion) return undefined;
  const { caption, confidence, origin } = suggestion;
  const isCertain = origin !== 'generated' || confidence >= CERTAIN;
  return {
    state: 'SUGGESTED',
    text: isCertain ? asLine(caption) : `Image may show: ${caption}`,
    caption,
    confidence,
    origin,
    language: suggestion.language,
    decision: undefined,
  };
}

/** The approved text that serves who asks for a language. */
export function lookUp(approved: readonly ApprovedAltText[], language: string): ApprovedAltText | undefined {
  for (const tag of lookupOf(language)) {
    const own = approved.find((text) => text.language.toLowerCase() === tag.toLowerCase());
    if (own) return own;
  }
  return undefined;
}

/** The approved text that serves who names no language. */
export function firstOf(
  approved: readonly ApprovedAltText[],
  currentModel: CurrentModel | undefined,
): ApprovedAltText | undefined {
  return lookUp(approved, usualLanguage(currentModel)) ?? approved[0];
}

/**
 * What is offered for a photo, best first: what people wrote here, the last first, then what they chose; what the photo's
 * file says; what its data sets say; what the current model wrote, then other models, the newest first. What a person
 * rejected is not offered.
 *
 * @param language BCP 47. Default: any
 */
export function suggestionsOf(
  { references, inFile, generated, decisions, currentModel }: AltTextSources,
  language?: string,
): AltTextSuggestion[] {
  const ofPeople = references.filter(isOfPeople);
  const isChoice = ({ source }: ReferenceCaptionRecord) => source === CHOICE;
  const inOrder = [
    ...ofPeople.filter((caption) => !isChoice(caption)).toReversed(),
    ...ofPeople.filter(isChoice).toReversed(),
  ];
  const isCurrent = ({ modelId }: GeneratedCaptionRecord) => modelId === currentModel?.id;
  const suggestions = [
    ...inOrder.map(ofReference),
    ...inFile.map(ofFile),
    ...references.filter((caption) => !isOfPeople(caption)).map(ofReference),
    ...[...generated.filter(isCurrent), ...generated.filter((caption) => !isCurrent(caption))].map(ofModel),
  ];
  // What several say in the same words is offered once.
  const passed = new Set<string>();
  const rejected = new Set(decisions.rejected);
  return suggestions.filter(({ text, caption, language: own }) => {
    if (rejected.has(caption) || passed.has(text)) return false;
    if (language !== undefined && own !== undefined && !fitsLanguage(own, language)) return false;
    passed.add(text);
    return true;
  });
}

/** Files have captions of several lines. */
function asLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim();
}

function ofReference({ text, language }: ReferenceCaptionRecord): AltTextSuggestion {
  const said = { text: asLine(text), caption: text, language };
  return { ...said, confidence: 1, origin: 'reference', modelId: undefined };
}

function ofFile({ text, language }: FileCaption): AltTextSuggestion {
  return { text: asLine(text), caption: text, language, confidence: 1, origin: 'file', modelId: undefined };
}

function ofModel(caption: GeneratedCaptionRecord): AltTextSuggestion {
  const { text, language, modelId } = caption;
  const confidence = captionConfidence(caption);
  return { text: asSentence(text, language), caption: text, language, confidence, origin: 'generated', modelId };
}

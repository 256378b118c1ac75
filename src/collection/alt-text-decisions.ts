/**
 * What people decide about alternative texts: they approve, write, reject, say that a photo is decorative, and take that
 * back. Of many photos each is decided for itself: one that has changed meanwhile is refused and named, the others are
 * decided together.
 */
import { randomUUID } from 'node:crypto';
import { EkphrasisError, ErrorCode, notFound } from '../errors.js';
import type { AltTextActionId, ImageId, ModelId } from '../ids.js';
import {
  type AltTextChange,
  type AltTextEventRecord,
  type AltTextState,
  type AltTextWriter,
  concerns,
  type Decider,
  revisionOf,
} from '../store/alt-text-decisions.js';
import {
  type AltTextSources,
  type AltTextStore,
  type AltTextSuggestion,
  languageOf,
  sourcesOf,
  suggestionsOf,
} from './alt-text.js';
import { checkLine } from './check-line.js';

/** Longest alternative text of a person, in characters. */
export const LONGEST_ALT_TEXT = 1000;
/** Photos that are decided about at once. */
export const MOST_AT_ONCE = 100;

/** A photo as the person who decides has seen it. */
export interface SeenImage {
  readonly imageId: ImageId;
  /** How often somebody had decided about it: see `AltTextEntry`. */
  readonly revision: number;
}

/** The text as the person who decides has seen it. */
export interface SeenText extends SeenImage {
  readonly text: string;
}

export interface Refusal {
  readonly imageId: ImageId;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface AltTextResult {
  /** By it, all that was decided is undone together. Undefined where nothing was. */
  readonly actionId: AltTextActionId | undefined;
  /** The photos that were decided about. */
  readonly changed: readonly ImageId[];
  readonly refused: readonly Refusal[];
}

type Names = ReadonlyMap<ModelId, string>;
type Plan = (state: AltTextState, sources: AltTextSources, models: Names) => Omit<AltTextChange, 'imageId'>;

/**
 * Has photos say what was suggested, or approves again what is approved.
 *
 * @returns refused, by CONFLICT: where somebody decided meanwhile, or the text is not suggested any more; by NOT_FOUND
 * @throws EkphrasisError BAD_USER_INPUT
 */
export async function approveAltTexts(
  texts: readonly SeenText[],
  language: string | undefined,
  by: Decider,
  store: AltTextStore,
): Promise<AltTextResult> {
  const tag = await languageOf(language, store);
  return decide(texts, { language: tag, by, store }, ({ text }) => (state, sources, models) => {
    const suggestion = suggestionsOf({ ...sources, decisions: state }, tag).find((own) => own.text === text);
    if (!suggestion) throw conflict('The text is not suggested any more: look at the photo again.');
    const writer = writerOf(suggestion, models);
    const approved = { text, by, at: new Date(), ...writer };
    return { language: tag, kind: 'APPROVED', text, writer, approved, ...inSight(state) };
  });
}

/**
 * Has a photo say what a person wrote, which is approved with it.
 *
 * @throws EkphrasisError BAD_USER_INPUT, NOT_FOUND, CONFLICT
 */
export async function editAltText(
  { text, ...seen }: SeenText,
  language: string | undefined,
  by: Decider,
  store: AltTextStore,
): Promise<AltTextResult> {
  const tag = await languageOf(language, store);
  const line = checkLine(text, 'text', LONGEST_ALT_TEXT);
  const result = await decide([seen], { language: tag, by, store }, () => (state) => {
    const writer = BY_PERSON;
    const approved = { text: line, by, at: new Date(), ...writer };
    return { language: tag, kind: 'EDITED', text: line, writer, approved, ...inSight(state) };
  });
  const [refusal] = result.refused;
  if (refusal) throw new EkphrasisError(refusal.code, refusal.message);
  return result;
}

/**
 * Has photos say nothing in any language, or takes that back. Approved texts stay behind it.
 *
 * @returns refused: by CONFLICT where somebody decided meanwhile, or it is so already; by NOT_FOUND
 * @throws EkphrasisError BAD_USER_INPUT
 */
export async function markDecorative(
  images: readonly SeenImage[],
  decorative: boolean,
  language: string | undefined,
  by: Decider,
  store: AltTextStore,
): Promise<AltTextResult> {
  return decide(images, { language: await languageOf(language, store), by, store }, () => (state) => {
    if (decorative === (state.decorative !== undefined))
      throw conflict(decorative ? 'The photo is decorative already.' : 'The photo is not decorative.');
    return decorative
      ? { language: null, kind: 'DECORATIVE', decorative: { by, at: new Date() } }
      : { language: null, kind: 'NOT_DECORATIVE', decorative: null };
  });
}

/**
 * Has texts not be offered any more, and not be said: suggested ones, and approved ones, which are withdrawn.
 *
 * @returns refused, by CONFLICT: where somebody decided meanwhile, or the text is neither suggested nor approved; by
 *   NOT_FOUND
 * @throws EkphrasisError BAD_USER_INPUT
 */
export async function rejectAltTexts(
  texts: readonly SeenText[],
  language: string | undefined,
  by: Decider,
  store: AltTextStore,
): Promise<AltTextResult> {
  const tag = await languageOf(language, store);
  return decide(texts, { language: tag, by, store }, ({ text }) => (state, sources, models) => {
    const isMeant = (own: { readonly text: string }) => own.text === text;
    const approved = state.approved.find((own) => own.language === tag && own.text === text);
    const suggested = suggestionsOf({ ...sources, decisions: state }, tag).filter(isMeant);
    const [first] = suggested;
    if (!approved && !first) throw conflict('The text is neither suggested nor approved: look at the photo again.');
    const writer = approved ?? (first && writerOf(first, models));
    // What was rejected before stays so when this is undone.
    const rejects = [...new Set([...(approved ? [text] : []), ...suggested.map(({ caption }) => caption)])].filter(
      (caption) => !state.rejected.includes(caption),
    );
    return {
      language: tag,
      kind: 'REJECTED',
      text,
      writer: writer && writerOnly(writer),
      ...(approved && { approved: null }),
      rejects,
    };
  });
}

/**
 * Has photos be as they were before something was decided about them.
 *
 * @param of only of these photos. Default: of all that it was decided about
 * @returns refused, by CONFLICT: where somebody decided later, or it was undone before; by NOT_FOUND
 * @throws EkphrasisError NOT_FOUND for an unknown action
 */
export async function undoAltText(
  actionId: AltTextActionId,
  of: readonly ImageId[] | undefined,
  by: Decider,
  store: AltTextStore,
): Promise<AltTextResult> {
  const images = await store.altTextDecisions.imagesOf(actionId);
  if (images.length === 0) throw notFound(`decision ${actionId}`);
  const wanted = of ?? images;
  return decide(
    wanted.map((imageId) => ({ imageId })),
    { by, store },
    () =>
      ({ events }) => {
        const event = events.find((own) => own.actionId === actionId);
        if (!event) throw notFound(`decision ${actionId} about this photo`);
        checkLast(event, events);
        const { language, before } = event;
        return {
          language,
          kind: 'UNDONE',
          text: event.text ?? undefined,
          writer: event.writer,
          ...(language !== null && { approved: before.approved }),
          decorative: before.decorative,
          offersAgain: before.rejected,
          undoes: event.id,
        };
      },
  );
}

/** @throws EkphrasisError CONFLICT where something else would be undone as well */
function checkLast(event: AltTextEventRecord, events: readonly AltTextEventRecord[]): void {
  if (event.kind === 'UNDONE') throw conflict('An undo is not undone: decide again.');
  const undone = new Set(events.map(({ undoes }) => undoes));
  if (undone.has(event.id)) throw conflict('It was undone before.');
  const about = event.before.decorative ? null : event.language;
  const later = events.some(
    (other) =>
      other.number > event.number && other.kind !== 'UNDONE' && !undone.has(other.id) && concerns(other, about),
  );
  if (later) throw conflict('Somebody decided about the photo later: undo that first.');
}

interface Circumstances {
  /** Whose revision is compared. Default: none is. */
  readonly language?: string;
  readonly by: Decider;
  readonly store: AltTextStore;
}

async function decide<Seen extends { readonly imageId: ImageId; readonly revision?: number }>(
  seen: readonly Seen[],
  { language, by, store }: Circumstances,
  planFor: (one: Seen) => Plan,
): Promise<AltTextResult> {
  const ids = seen.map(({ imageId }) => imageId);
  checkImages(ids);
  const sources = await sourcesOf(ids, store);
  const names = await namesOf(sources, store);
  const actionId = randomUUID() as string as AltTextActionId;
  const refused: Refusal[] = [];
  const changes: AltTextChange[] = [];
  await store.altTextDecisions.change({ actionId, by }, ids, (states) => {
    for (const one of seen) {
      const { imageId, revision } = one;
      try {
        const [state, own] = [states.get(imageId), sources.get(imageId)];
        if (!state || !own) throw notFound(`image ${imageId}`);
        if (language !== undefined) checkRevision(state, language, revision);
        changes.push({ imageId, ...planFor(one)(state, own, names) });
      } catch (error) {
        if (!(error instanceof EkphrasisError)) throw error;
        refused.push({ imageId, code: error.code, message: error.message });
      }
    }
    return changes;
  });
  const changed = changes.map(({ imageId }) => imageId);
  return { actionId: changed.length > 0 ? actionId : undefined, changed, refused };
}

async function namesOf(sources: ReadonlyMap<ImageId, AltTextSources>, { models }: AltTextStore): Promise<Names> {
  const ids = new Set([...sources.values()].flatMap(({ generated }) => generated.map(({ modelId }) => modelId)));
  const records = await Promise.all([...ids].map((id) => models.find(id)));
  return new Map(records.flatMap((record) => (record ? [[record.id, record.name] as const] : [])));
}

function checkRevision({ events }: AltTextState, language: string, revision: number | undefined): void {
  const now = revisionOf(events, language);
  if (now === revision) return;
  const message = `Somebody decided about the photo meanwhile: its revision is ${now}, not ${revision ?? 'none'}. Look at it again.`;
  throw conflict(message);
}

function checkImages(ids: readonly ImageId[]): void {
  if (ids.length === 0) throw new EkphrasisError(ErrorCode.BadInput, 'No photo is named.');
  if (ids.length > MOST_AT_ONCE) {
    throw new EkphrasisError(ErrorCode.BadInput, `At most ${MOST_AT_ONCE} photos are decided about at once.`);
  }
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new EkphrasisError(ErrorCode.BadInput, `The image ${twice} is named twice.`);
}

const BY_PERSON: AltTextWriter = { origin: 'reference', modelId: null, modelName: null };

function writerOf({ origin, modelId }: AltTextSuggestion, models: Names): AltTextWriter {
  return { origin, modelId: modelId ?? null, modelName: (modelId && models.get(modelId)) ?? null };
}

function writerOnly({ origin, modelId, modelName }: AltTextWriter): AltTextWriter {
  return { origin, modelId, modelName };
}

/** What gets a text is not decorative any more. */
function inSight({ decorative }: AltTextState): Pick<AltTextChange, 'decorative'> {
  return decorative ? { decorative: null } : {};
}

function conflict(message: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.Conflict, message);
}

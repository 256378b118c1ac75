/**
 * Photos by what they show: by the words of their captions, by a search model's likeness of photo and text, or by both.
 */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId, ModelId } from '../ids.js';
import { type CaptionHit, FROM_FILE } from '../store/caption-search.js';
import { type Count, exactly } from '../store/counts.js';
import type { ImageFilter } from '../store/image-filter.js';
import type { NearestRequest, Neighbour } from '../store/nearest.js';
import { pageOf, type PageRequest, toPage } from '../store/pages.js';
import type { Store } from '../store/store.js';
import {
  badCursor,
  hybridCursor,
  isOfList,
  placesAhead,
  readCursor,
  readCursors,
  semanticCursor,
  wordsCursor,
  writeCursor,
} from './cursors.js';
import { type Fused, fuseRankings } from './fusion.js';
import { type TextPart, textParts } from './marked-text.js';
import { checkLimit, checkText, type RankingPart } from './requests.js';
import { type OpenSpace, requireSpace, type SearchSpace } from './semantics.js';
import { correctSpelling, type SpelledText } from './spelling.js';

/** `text` searches by words, `semantic` by the search model, `hybrid` by both. */
export type SearchMode = 'hybrid' | 'text' | 'semantic';

export interface SearchRequest extends RankingPart {
  /** As typed into a search engine: words are stemmed; "quoted phrases", `or` and `-not` are understood. */
  readonly text: string;
  /** Default: `hybrid`. */
  readonly mode?: SearchMode | undefined;
  readonly filter?: ImageFilter | undefined;
  /** No word is taken for misspelt. Default: false. */
  readonly exact?: boolean | undefined;
}

/** A ranking that has the hit: the reason why it was found. */
export interface Signal {
  readonly name: 'words' | 'semantic';
  /** Counted from 1. */
  readonly rank: number;
  /** By words the rank of the caption (`ts_rank_cd`), else the cosine similarity of photo and text. */
  readonly score: number;
}

export interface MatchingCaption {
  readonly text: string;
  /** The same text in pieces, those that match marked. */
  readonly parts: readonly TextPart[];
  /** Who wrote it: a person (or data set), who wrote into the photo's file, or a model. */
  readonly origin: 'reference' | 'file' | 'generated';
}

export interface SearchHit {
  readonly imageId: ImageId;
  /** The higher the better; comparable within one search only. */
  readonly score: number;
  /** Each that found it. */
  readonly signals: readonly Signal[];
  /** The image's best caption; none when its words do not match. */
  readonly caption: MatchingCaption | undefined;
  /** Continues the search after this hit. */
  readonly cursor: string;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Whether there is more behind the last hit. */
  readonly hasNext: boolean;
  /** Whether there is more ahead of the first hit. */
  readonly hasPrevious: boolean;
  /** How it was searched: `text` where `hybrid` was asked for and there is no semantic search. */
  readonly mode: SearchMode;
  /** Why it was not searched as asked for. */
  readonly notice: string | undefined;
  /** What was searched for, and what of it was replaced. */
  readonly spelling: SpelledText;
  /** How long the list is. */
  readonly count: () => Promise<Count>;
}

export interface SearchContext {
  readonly store: Pick<Store, 'images' | 'captionSearch' | 'embeddings'>;
  readonly space: OpenSpace;
}

/** Of each ranking the best that a fusion is made of. Behind them the ranks add next to nothing to a score. */
export const FUSION_DEPTH = 200;

/**
 * Photos that show what a text says, the best first.
 *
 * By words: one of the photo's captions, people's or models', says all of the words in some form ("dog running" finds
 * "a dog runs"). Ranking: `ts_rank_cd` (cover density: how near to each other the words stand), over the logarithm of
 * the caption's length. Words that neither a caption has nor the search model knows are replaced, in every mode, by the
 * nearest that a caption has, unless `exact` is asked for. By the search model: the cosine similarity of photo and text
 * in its space, which ranks every photo. Hybrid: the reciprocal rank fusion of both rankings' first 200, where the list
 * ends.
 *
 * A list that is read page by page neither repeats nor skips a photo while others are added: by words and by the model
 * a cursor is a place in the ranking, and what is added shows up where it belongs behind it; the pages of a hybrid list
 * are of the photos that there were at its first page. Captions written and photos deleted meanwhile do move hits.
 *
 * @throws EkphrasisError BAD_USER_INPUT for an empty or too long text, a limit out of range, or a cursor of another
 *   list; NO_MODEL for `semantic` where there is no search model or nothing has been embedded; PROCESS_FAILED
 */
export async function searchImages(request: SearchRequest, context: SearchContext): Promise<SearchResult> {
  const { mode = 'hybrid', limit = 20, after, before, backwards, filter = {}, exact = false } = request;
  const text = checkText(request.text);
  checkLimit(limit);
  const query: Query = { text, page: { limit, after, before, backwards }, filter, exact };
  if (mode === 'semantic') return bySemantics(query, context);
  if (mode === 'text') return byWords(query, context);
  // A list that was begun by words goes on by words.
  const space = isOfList('words', after ?? before)
    ? 'The list was begun without a search model.'
    : await context.space();
  if (typeof space !== 'string') return byBoth(query, space, context);
  return { ...(await byWords(query, context)), notice: `${space} It was searched by words only.` };
}

interface Query {
  readonly text: string;
  readonly page: PageRequest<string>;
  readonly filter: ImageFilter;
  readonly exact: boolean;
}

async function byWords(query: Query, { store: { captionSearch }, space }: SearchContext): Promise<SearchResult> {
  const { page, filter } = query;
  const bounds = { ...readCursors(wordsCursor, page), backwards: page.backwards };
  const { spelling, found } = await spelled(query, captionSearch, space, (text) =>
    captionSearch.search({ text, limit: page.limit + 1, filter, ...bounds }),
  );
  const { items, ...around } = toPage(found, page);
  const asked = { text: spelling.text, filter };
  const [ahead, captions] = await Promise.all([
    placesAhead(items.length, bounds, () => captionSearch.countEach(asked)),
    markCaptions(spelling.text, items, captionSearch),
  ]);
  const hits = items.map(({ imageId, rank }, index) => ({
    imageId,
    score: rank,
    signals: [{ name: 'words' as const, rank: ahead + index + 1, score: rank }],
    caption: captions.get(imageId),
    cursor: writeCursor(wordsCursor, { list: 'words', place: ahead + index + 1, rank, imageId }),
  }));
  return { hits, ...around, mode: 'text', notice: undefined, spelling, count: () => captionSearch.count(asked) };
}

async function bySemantics(query: Query, { store, space: open }: SearchContext): Promise<SearchResult> {
  const space = await requireSpace(open);
  const { page, filter } = query;
  const { modelId } = space;
  const bounds = { ...readCursors(semanticCursor, page), backwards: page.backwards };
  checkSpace(space, bounds.after);
  checkSpace(space, bounds.before);
  const { spelling, found } = await spelled(
    query,
    store.captionSearch,
    () => Promise.resolve(space),
    (text) => rankByMeaning(text, space, { limit: page.limit + 1, filter, ...bounds }, store),
  );
  const { neighbours, notice } = found;
  const { items, ...around } = toPage(neighbours, page);
  const ahead = await placesAhead(items.length, bounds, () => store.embeddings.countEachRanked(modelId, { filter }));
  const hits = items.map(({ imageId, distance, similarity }, index) => ({
    imageId,
    score: similarity,
    signals: [{ name: 'semantic' as const, rank: ahead + index + 1, score: similarity }],
    caption: undefined,
    cursor: writeCursor(semanticCursor, { list: 'semantic', place: ahead + index + 1, distance, imageId, modelId }),
  }));
  const count = async () => (notice === undefined ? store.embeddings.countRanked(modelId, { filter }) : exactly(0));
  return { hits, ...around, mode: 'semantic', notice, spelling, count };
}

async function byBoth(query: Query, space: SearchSpace, { store }: SearchContext): Promise<SearchResult> {
  const { captionSearch } = store;
  const { filter } = query;
  const { after, before } = readCursors(hybridCursor, query.page);
  checkSpace(space, after);
  checkSpace(space, before);
  // Places in lists of different photos cannot be compared.
  if (after && before && after.newest !== before.newest) throw badCursor();
  const position = after ?? before;
  const request = { limit: FUSION_DEPTH, filter: { ...filter, newest: position?.newest } };
  const [
    newest,
    {
      spelling,
      found: [words, { neighbours, notice }],
    },
  ] = await Promise.all([
    // Asked for beside the rankings: what they have that is newer still is left out below.
    position?.newest ?? store.images.newest(),
    spelled(
      query,
      captionSearch,
      () => Promise.resolve(space),
      (text) => Promise.all([captionSearch.search({ text, ...request }), rankByMeaning(text, space, request, store)]),
    ),
  ]);
  const isThere = ({ imageId }: { imageId: ImageId }) => newest !== undefined && imageId <= newest;
  const rankings = { words: words.filter(isThere), semantic: neighbours.filter(isThere) };
  const fused = fuseRankings([
    rankings.words.map(({ imageId }) => imageId),
    rankings.semantic.map(({ imageId }) => imageId),
  ]);
  const { items, ...around } = pageOf(fused, query.page, (cursor) => readCursor(hybridCursor, cursor).place - 1);
  const [first] = items;
  const ahead = first ? fused.indexOf(first) : 0;
  const signalsOf = describeSignals(rankings.words, rankings.semantic);
  const onPage = new Set(items.map(({ id }) => id));
  const captions = await markCaptions(
    spelling.text,
    rankings.words.filter(({ imageId }) => onPage.has(imageId)),
    captionSearch,
  );
  const hits = items.map((entry, index) => ({
    imageId: entry.id,
    score: entry.score,
    signals: signalsOf(entry),
    caption: captions.get(entry.id),
    // There is a newest photo wherever there is a hit.
    cursor:
      newest === undefined
        ? ''
        : writeCursor(hybridCursor, { list: 'hybrid', place: ahead + index + 1, newest, modelId: space.modelId }),
  }));
  const count = () => Promise.resolve(exactly(fused.length));
  return { hits, ...around, mode: 'hybrid', notice, spelling, count };
}

/** Searches for the text as it is typed while its words are looked up; once more where some had to be replaced. */
async function spelled<Found>(
  { text, exact }: Query,
  captionSearch: Pick<Store, 'captionSearch'>['captionSearch'],
  open: OpenSpace,
  search: (text: string) => Promise<Found>,
): Promise<{ spelling: SpelledText; found: Found }> {
  const typed = { text, corrections: [], unknownWords: [] };
  const isKnown = async (word: string) => {
    const space = await open();
    return typeof space !== 'string' && (await space.embed(word)) !== undefined;
  };
  const [spelling, found] = await Promise.all([
    exact ? typed : correctSpelling(text, captionSearch, isKnown),
    search(text),
  ]);
  return { spelling, found: spelling.corrections.length === 0 ? found : await search(spelling.text) };
}

/** The photos nearest to a text; none, and a sentence that says so, where the model knows none of its words. */
async function rankByMeaning(
  text: string,
  { modelId, embed }: SearchSpace,
  request: Omit<NearestRequest, 'vector'>,
  { embeddings }: Pick<Store, 'embeddings'>,
): Promise<{ neighbours: Neighbour[]; notice: string | undefined }> {
  const vector = await embed(text);
  if (!vector) return { neighbours: [], notice: 'The search model knows none of these words.' };
  return { neighbours: await embeddings.nearest(modelId, { vector, ...request }), notice: undefined };
}

/** @throws BAD_USER_INPUT when the list that is read on was made by another model */
function checkSpace({ modelId }: SearchSpace, position: { readonly modelId: ModelId } | undefined): void {
  if (position === undefined || position.modelId === modelId) return;
  throw new EkphrasisError(
    ErrorCode.BadInput,
    'Another search model answers than the one that made this list. Search again from the beginning.',
  );
}

async function markCaptions(
  text: string,
  hits: readonly CaptionHit[],
  captionSearch: Pick<Store, 'captionSearch'>['captionSearch'],
): Promise<Map<ImageId, MatchingCaption>> {
  const marked = await captionSearch.mark(text, hits);
  return new Map(
    hits.map(({ imageId, caption, source }, index) => [
      imageId,
      {
        text: caption,
        parts: textParts(marked[index] ?? caption),
        origin: source === null ? 'generated' : source.startsWith(FROM_FILE) ? 'file' : 'reference',
      },
    ]),
  );
}

function describeSignals(
  words: readonly CaptionHit[],
  neighbours: readonly Neighbour[],
): (entry: Fused<ImageId>) => Signal[] {
  return ({ ranks: [byWords, bySemantics] }) => {
    const signals: Signal[] = [];
    if (byWords !== undefined) signals.push({ name: 'words', rank: byWords, score: words[byWords - 1]?.rank ?? 0 });
    if (bySemantics !== undefined)
      signals.push({ name: 'semantic', rank: bySemantics, score: neighbours[bySemantics - 1]?.similarity ?? 0 });
    return signals;
  };
}

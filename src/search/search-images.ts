/** Photos by what their captions say. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { CaptionHit, HitPosition } from '../store/caption-search.js';
import { isRecordId } from '../store/pages.js';
import type { Store } from '../store/store.js';
import { type TextPart, textParts } from './marked-text.js';

export interface SearchHit {
  readonly imageId: ImageId;
  /** The higher the better; comparable within one search only. */
  readonly score: number;
  /** The image's best caption. */
  readonly caption: string;
  /** The same caption in pieces, those that match marked. */
  readonly parts: readonly TextPart[];
  /** Who wrote it: a person (or data set), or a model. */
  readonly origin: 'reference' | 'generated';
  /** Continues the search after this hit. */
  readonly cursor: string;
}

export interface SearchResult {
  readonly hits: SearchHit[];
  readonly hasNext: boolean;
}

export interface SearchRequest {
  /** As typed into a search engine: words are stemmed; "quoted phrases", `or` and `-not` are understood. */
  readonly text: string;
  /** Default: 20. */
  readonly limit?: number;
  /** The cursor of a hit: the results go on behind it. */
  readonly after?: string | undefined;
}

export const MAXIMUM_SEARCH_LENGTH = 500;
const MAXIMUM_HITS = 100;

/**
 * Photos one of whose captions, people's or models', says all of the words in some form ("dog running" finds "a dog
 * runs"), the best first. Ranking: `ts_rank_cd` (cover density: how near to each other the words stand), over the
 * logarithm of the caption's length.
 *
 * @throws EkphrasisError BAD_USER_INPUT for an empty or too long text, a limit out of range, or a cursor of another list
 */
export async function searchImages(request: SearchRequest, store: Pick<Store, 'captionSearch'>): Promise<SearchResult> {
  const { text, limit = 20, after } = request;
  const wanted = checkText(text);
  checkLimit(limit);
  const position = after === undefined ? undefined : parseCursor(after);
  const found = await store.captionSearch.search(wanted, limit + 1, position);
  return { hits: found.slice(0, limit).map(toHit), hasNext: found.length > limit };
}

/**
 * How many photos a search finds in all.
 *
 * @throws EkphrasisError BAD_USER_INPUT for an empty or too long text
 */
export async function countSearchHits(text: string, { captionSearch }: Pick<Store, 'captionSearch'>): Promise<number> {
  return captionSearch.count(checkText(text));
}

function checkText(text: string): string {
  // Postgres has no such character in texts.
  const trimmed = text.replaceAll('\0', ' ').trim();
  if (trimmed === '') {
    throw new EkphrasisError(ErrorCode.BadInput, 'The search text is empty. Say what the photo shows, such as: dog running.');
  }
  if (trimmed.length > MAXIMUM_SEARCH_LENGTH) {
    const message = `The search text has ${trimmed.length} characters; at most ${MAXIMUM_SEARCH_LENGTH} are searched for.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  return trimmed;
}

/** @throws EkphrasisError BAD_USER_INPUT */
export function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_HITS) return;
  throw new EkphrasisError(ErrorCode.BadInput, `The number of results is from 1 to ${MAXIMUM_HITS}, not ${limit}.`);
}

function toHit({ imageId, rank, caption, marked, modelId }: CaptionHit): SearchHit {
  return {
    imageId,
    score: rank,
    caption,
    parts: textParts(marked),
    origin: modelId === null ? 'reference' : 'generated',
    cursor: Buffer.from(`${rank}/${imageId}`).toString('base64url'),
  };
}

function parseCursor(cursor: string): HitPosition {
  const [rank = '', imageId = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split('/');
  if (rank === '' || !Number.isFinite(Number(rank)) || !isRecordId(imageId)) {
    throw new EkphrasisError(ErrorCode.BadInput, 'The cursor is not one of this list: pass the cursor of a result as it came.');
  }
  return { rank: Number(rank), imageId: imageId as ImageId };
}

/**
 * Cursors of ranked lists. Each says which list it is of, how many entries were before, and the place in the ranking
 * itself: what is added ahead of it later does not move it.
 */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId, ModelId } from '../ids.js';
import { isRecordId } from '../store/pages.js';
import type { RankingPart } from './requests.js';

const id = z.string().refine(isRecordId);
const imageId = id.transform((text) => text as ImageId);
const modelId = id.transform((text) => text as ModelId);
/** Entries of the list up to this one. */
const place = z.number().int().min(0);

/** By words: the rank of the caption. */
export const wordsCursor = z.object({ list: z.literal('words'), place, rank: z.number(), imageId });
/** By a search model: the distance from the text, in the model's space. */
export const semanticCursor = z.object({ list: z.literal('semantic'), place, distance: z.number(), imageId, modelId });
/** By both: a place in the fusion of what was there when the first page was asked for. */
export const hybridCursor = z.object({ list: z.literal('hybrid'), place, newest: imageId, modelId });
/** By likeness: the distance from the photo or photos. */
export const likenessCursor = z.object({
  list: z.literal('likeness'),
  place,
  distance: z.number(),
  imageId,
  encoder: z.string(),
});

export function writeCursor<Schema extends z.ZodType<object>>(_schema: Schema, cursor: z.output<Schema>): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** @throws EkphrasisError BAD_USER_INPUT for anything but a cursor of such a list */
export function readCursor<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw badCursor();
  }
}

/** @throws BAD_USER_INPUT as `readCursor` */
export function readCursors<Schema extends z.ZodType>(
  schema: Schema,
  { after, before }: Pick<RankingPart, 'after' | 'before'>,
): { readonly after: z.output<Schema> | undefined; readonly before: z.output<Schema> | undefined } {
  return {
    after: after === undefined ? undefined : readCursor(schema, after),
    before: before === undefined ? undefined : readCursor(schema, before),
  };
}

interface Placed {
  readonly place: number;
}

/**
 * How many hits of a ranking are ahead of a page: as its cursors have it, or of the last page by the length of the list.
 *
 * @param hits on the page
 * @param length is asked for where no cursor tells
 */
export async function placesAhead(
  hits: number,
  { after, before, backwards = false }: { after?: Placed; before?: Placed; backwards?: boolean | undefined },
  length: () => Promise<number>,
): Promise<number> {
  if (!backwards) return after?.place ?? 0;
  const end = before ? before.place - 1 : await length();
  return Math.max(end - hits, 0);
}

export function isOfList(list: 'words', cursor: string | undefined): boolean {
  return cursor !== undefined && Buffer.from(cursor, 'base64url').toString().startsWith(`{"list":"${list}"`);
}

export function badCursor(): EkphrasisError {
  return new EkphrasisError(
    ErrorCode.BadInput,
    'The cursor is not one of this list: pass the cursor of a result as it came.',
  );
}

/** Pages of the photos that look like a photo: a ranking without an order of its own, so its cursors are places in it. */
import type { ImageId } from '../ids.js';
import { checkLimit } from '../search/search-images.js';
import type { Neighbour } from '../store/features.js';
import { badCursor, type PageArguments, type PageContent } from './pages.js';
import type { Services } from './services.js';

/** Nobody looks further, and the index finds no more with certainty. */
const MOST_NEIGHBOURS = 100;

/** @throws NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT */
export async function neighboursAfter(
  services: Pick<Services, 'similarImages'>,
  imageId: ImageId,
  { first, after }: PageArguments,
): Promise<PageContent<Neighbour>> {
  checkLimit(first);
  const start = after == null ? 0 : parsePlace(after);
  const found = await services.similarImages(imageId, Math.min(start + first + 1, MOST_NEIGHBOURS));
  const page = found.slice(start, start + first);
  return {
    edges: page.map((node, index) => ({ cursor: toCursor(start + index + 1), node })),
    hasNext: found.length > start + page.length,
    hasPrevious: start > 0,
    count: async () => (await services.similarImages(imageId, MOST_NEIGHBOURS)).length,
  };
}

function toCursor(place: number): string {
  return Buffer.from(`place ${place}`).toString('base64url');
}

function parsePlace(cursor: string): number {
  const digits = /^place (\d{1,3})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1];
  if (digits === undefined) throw badCursor();
  return Number(digits);
}

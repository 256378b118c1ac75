/**
 * Parts of a photo that are looked at by themselves. VGG16's last feature map is 7 x 7, so that a part of the photo is a part of
 * the map: another framing of the photo costs no other look at it.
 */
import { REGIONS } from '../vision/features.js';

/** Regions of a side. */
const SIDE = Math.sqrt(REGIONS);

/** A square of regions by its first row and column and its side. */
export interface Square {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** The whole photo. */
export const WHOLE: Square = { top: 0, left: 0, side: SIDE };

/** All squares of a side, the upper ones first. */
function squares(side: number): Square[] {
  const places = Array.from({ length: SIDE - side + 1 }, (_, place) => place);
  return places.flatMap((top) => places.map((left) => ({ top, left, side })));
}

/** Framings that a training may meet a photo in beside the whole: all but one or two rows and columns. */
export const FRAMINGS: readonly Square[] = [...squares(SIDE - 1), ...squares(SIDE - 2)];

/** The four framings that lack one row and one column: what an index looks at beside the whole. */
export const CORNERS: readonly Square[] = squares(SIDE - 1);

/** @returns [49]: 1 for a region inside, else 0 */
export function windowOf({ top, left, side }: Square): Float32Array {
  const inside = (place: number, first: number) => place >= first && place < first + side;
  return Float32Array.from({ length: REGIONS }, (_, region) => Number(inside(Math.floor(region / SIDE), top) && inside(region % SIDE, left)));
}

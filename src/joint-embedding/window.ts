/**
 * Parts of a photo that are looked at by themselves. A feature map is a grid of places, so that a part of the photo is
 * a part of the map: another framing of the photo costs no other look at it.
 */

/** Regions that make a square grid, row by row: so many a side. Undefined where they make none. */
function sideOf(regions: number): number | undefined {
  const side = Math.sqrt(regions);
  return Number.isInteger(side) ? side : undefined;
}

/** What of a photo is looked at [regions]: 1 for a region inside, else 0. */
export type Window = Float32Array;

export interface Windows {
  readonly whole: Window;
  /** Framings that a training may meet a photo in beside the whole: all but one or two rows and columns. */
  readonly framings: readonly Window[];
  /** The four framings that lack one row and one column: what an index looks at beside the whole. */
  readonly corners: readonly Window[];
}

/**
 * Windows of photos of so many regions. Where these make no square, or one so small that little would be left, there is
 * only the whole.
 */
export function windowsOf(regions: number): Windows {
  const whole = new Float32Array(regions).fill(1);
  const all = sideOf(regions);
  if (all === undefined) return { whole, framings: [], corners: [] };
  // Half a photo is another photo: its captions are no longer true of it.
  const squares = (side: number) => (2 * side > all ? squaresOf(all, side) : []);
  const corners = squares(all - 1);
  return { whole, framings: [...corners, ...squares(all - 2)], corners };
}

/** All squares of a side, the upper ones first. */
function squaresOf(all: number, side: number): Window[] {
  const places = Array.from({ length: all - side + 1 }, (_, place) => place);
  const inside = (place: number, first: number) => place >= first && place < first + side;
  return places.flatMap((top) =>
    places.map((left) =>
      Float32Array.from({ length: all * all }, (_, region) =>
        Number(inside(Math.floor(region / all), top) && inside(region % all, left)),
      ),
    ),
  );
}

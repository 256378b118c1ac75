/** Where photos lie in the grid: whole photos, none cropped, in rows that fill the width. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A place of an entry in its row, in pixels. */
export interface Place {
  readonly index: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

export interface Row {
  readonly places: readonly Place[];
  /** With the gap below it. */
  readonly height: number;
}

export interface LayoutOptions {
  /** Of the grid, in pixels. */
  readonly width: number;
  /** What rows are to be about as high as. */
  readonly rowHeight: number;
  readonly gap: number;
  /** For words below each photo. */
  readonly textHeight: number;
  /** More entries follow: the last row waits until it is full. */
  readonly continues: boolean;
}

/** Wider panoramas and narrower towers are shown smaller within their place. */
const WIDEST = 3;
const NARROWEST = 0.5;

/** Rows of photos scaled to one height each, so that they fill the width. */
export function layOut(sizes: readonly Size[], { width, rowHeight, gap, textHeight, continues }: LayoutOptions): Row[] {
  const rows: Row[] = [];
  let start = 0;
  let ratios: number[] = [];
  const closeRow = (height: number) => {
    let left = 0;
    const places = ratios.map((ratio, offset) => {
      const place = { index: start + offset, left, width: ratio * height, height };
      left += place.width + gap;
      return place;
    });
    rows.push({ places, height: height + textHeight + gap });
    start += ratios.length;
    ratios = [];
  };
  for (const size of sizes) {
    ratios.push(Math.min(Math.max(size.width / size.height, NARROWEST), WIDEST));
    const filling = (width - gap * (ratios.length - 1)) / ratios.reduce((sum, ratio) => sum + ratio, 0);
    if (filling <= rowHeight) closeRow(filling);
  }
  // What does not fill a row keeps the usual height.
  if (ratios.length > 0 && !continues)
    closeRow(Math.min(rowHeight, (width - gap * (ratios.length - 1)) / ratios.reduce((sum, ratio) => sum + ratio, 0)));
  return rows;
}

/** Where the model looked for a word, as light on the photo. */

/** Points of the smooth picture along a side; the browser stretches it over the photo. */
const POINTS = 70;
/** How dark the parts are that were not looked at. */
const DARKEST = 0.78;

/**
 * Weights of regions as a smooth surface: a uniform cubic B-spline over the regions' centres, whose edge regions go on
 * outside. It has no steps, no kinks and, unlike an interpolation, no negative waves.
 *
 * @param weights [side * side], row by row from the top left
 * @returns [size * size], row by row
 */
export function smoothSurface(weights: readonly number[], size: number): Float32Array {
  const side = Math.sqrt(weights.length);
  const taps = Array.from({ length: size }, (_, point) => tapsAt(((point + 0.5) * side) / size - 0.5, side));
  const surface = new Float32Array(size * size);
  taps.forEach((rows, y) => {
    taps.forEach((columns, x) => {
      let sum = 0;
      for (const [row, rowShare] of rows) {
        for (const [column, columnShare] of columns)
          sum += rowShare * columnShare * (weights[row * side + column] ?? 0);
      }
      surface[y * size + x] = sum;
    });
  });
  return surface;
}

/** The four regions that a place lies between, with their shares, which sum to 1. */
function tapsAt(place: number, side: number): readonly (readonly [index: number, share: number])[] {
  const first = Math.floor(place);
  const t = place - first;
  const shares = [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1, t ** 3];
  return shares.map((share, offset) => [Math.min(Math.max(first - 1 + offset, 0), side - 1), share / 6] as const);
}

/**
 * Darkens what was not looked at; the brightest place is left as it is. Nothing where the regions are no square grid.
 */
export function paintAttention(canvas: HTMLCanvasElement, weights: readonly number[]): void {
  canvas.width = POINTS;
  canvas.height = POINTS;
  const context = canvas.getContext('2d');
  if (!context || !Number.isInteger(Math.sqrt(weights.length))) return;
  const surface = smoothSurface(weights, POINTS);
  const highest = surface.reduce((high, value) => Math.max(high, value), 0);
  const pixels = context.createImageData(POINTS, POINTS);
  surface.forEach((value, index) => {
    pixels.data[index * 4 + 3] = 255 * DARKEST * (1 - value / highest);
  });
  context.putImageData(pixels, 0, 0);
}

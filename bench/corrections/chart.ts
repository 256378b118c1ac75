/** The curve as a picture: an SVG that stands by itself, on light and on dark ground. */

export interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
  /** Corrections, and CIDEr-D of each seed. */
  readonly points: readonly { readonly at: number; readonly values: readonly number[] }[];
}

const [WIDTH, HEIGHT] = [720, 400];
const EDGE = { left: 64, right: 24, top: 56, bottom: 96 };

/** The mean of the seeds as a line, each seed as a point. */
export function chart(title: string, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const mostX = Math.max(...points.map(({ at }) => at));
  const step = 0.2;
  const mostY = step * Math.ceil(Math.max(...points.flatMap(({ values }) => values)) / step);
  const x = (at: number) => round(EDGE.left + (at / mostX) * (WIDTH - EDGE.left - EDGE.right));
  const y = (value: number) => round(HEIGHT - EDGE.bottom - (value / mostY) * (HEIGHT - EDGE.top - EDGE.bottom));
  const ats = [...new Set(points.map(({ at }) => at))].sort((a, b) => a - b);
  const rules = Array.from({ length: Math.round(mostY / step) + 1 }, (_, line) => line * step).map(
    (value) =>
      `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>` +
      `<text x="${EDGE.left - 8}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(1)}</text>`,
  );
  const ticks = ats.map(
    (at) => `<text x="${x(at)}" y="${HEIGHT - EDGE.bottom + 20}" text-anchor="middle">${at}</text>`,
  );
  const lines = curves.map(({ name, colour, dashed, points: own }, place) => {
    const path = own.map(({ at, values }) => `${x(at)},${y(mean(values))}`).join(' ');
    const dots = own.flatMap(({ at, values }) =>
      values.map((value) => `<circle cx="${x(at)}" cy="${y(value)}" r="3" fill="${colour}"/>`),
    );
    const dash = dashed ? ' stroke-dasharray="6 4"' : '';
    const [left, below] = [EDGE.left + (place % 2) * 320, HEIGHT - 32 + Math.floor(place / 2) * 20];
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${dots.join('')}` +
      `<line x1="${left}" x2="${left + 28}" y1="${below - 4}" y2="${below - 4}" stroke="${colour}" stroke-width="2"${dash}/>` +
      `<text x="${left + 36}" y="${below}">${name}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${EDGE.left}" y="28" font-size="16" font-weight="bold">${title}</text>`,
    ...rules,
    ...ticks,
    `<text x="${WIDTH - EDGE.right}" y="${HEIGHT - EDGE.bottom + 38}" text-anchor="end">corrections</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** How long captions are. */
import { plural } from '../parts/figures.js';
import { useWidth } from '../parts/use-width.js';
import type { Measured } from './operations.js';

const HEIGHT = 200;
const BOTTOM = 22;

export function LengthHistogram({ reports }: { reports: readonly Measured[] }) {
  const [host, width] = useWidth<HTMLDivElement>();
  const counted = reports.flatMap(({ model, diversity }, colour) => (diversity ? [{ model, diversity, colour }] : []));
  if (counted.length === 0) return null;
  const longest = Math.max(...counted.map(({ diversity }) => diversity.lengths.length));
  const shortest = Math.min(
    ...counted.map(({ diversity }) =>
      Math.max(
        0,
        diversity.lengths.findIndex((images) => images > 0),
      ),
    ),
  );
  const highest = Math.max(...counted.flatMap(({ diversity }) => diversity.lengths), 1);
  const lengths = Array.from({ length: longest - shortest }, (_, offset) => shortest + offset);
  const slot = width / lengths.length;
  const barWidth = (slot * 0.8) / counted.length;
  return (
    <figure class="histogram">
      <figcaption>
        <h2>Words a caption</h2>
        <p class="small soft">
          {counted
            .map(({ model, diversity }) => `${model.name}: ${diversity.meanLength.toFixed(1)} on average`)
            .join(' · ')}
        </p>
      </figcaption>
      <div ref={host}>
        <svg width={width} height={HEIGHT} role="img" aria-label={describe(counted)}>
          {lengths.map((length, place) => (
            <g key={length}>
              {counted.map(({ model, diversity, colour }, index) => {
                const height = ((diversity.lengths[length] ?? 0) / highest) * (HEIGHT - BOTTOM - 4);
                const x = place * slot + slot * 0.1 + index * barWidth;
                return (
                  <rect
                    key={model.id}
                    class={`bar curve-${colour}`}
                    x={x}
                    y={HEIGHT - BOTTOM - height}
                    width={barWidth}
                    height={height}
                  >
                    <title>{`${model.name}: ${plural(diversity.lengths[length] ?? 0, 'caption')} of ${plural(length, 'word')}`}</title>
                  </rect>
                );
              })}
              <text class="tick" x={(place + 0.5) * slot} y={HEIGHT - 6} text-anchor="middle">
                {length}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}

function describe(
  counted: readonly { readonly model: Measured['model']; readonly diversity: NonNullable<Measured['diversity']> }[],
): string {
  const sentences = counted.map(({ model, diversity }) => {
    const parts = diversity.lengths.flatMap((images, length) =>
      images > 0 ? [`${length} words ${images} times`] : [],
    );
    return `${model.name}: ${parts.join(', ')}`;
  });
  return `Captions by their words. ${sentences.join('. ')}`;
}

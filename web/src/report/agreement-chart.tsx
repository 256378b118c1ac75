/** Whether the measures say of single captions what people say of them. */
import { plural } from '../parts/figures.js';
import { useWidth } from '../parts/use-width.js';
import type { Measured } from './operations.js';

const LABELS = 168;
const LINE = 14;
const ROW_GAP = 16;
const TICKS = [-1, -0.5, 0, 0.5, 1];

/** Bars to the right agree with people, bars to the left say the opposite. */
export function AgreementChart({ reports }: { reports: readonly Measured[] }) {
  const [host, width] = useWidth<HTMLDivElement>();
  const rated = reports.flatMap(({ model, agreement }, colour) => (agreement ? [{ model, colour, ...agreement }] : []));
  if (rated.length === 0) return <Unrated />;
  const metrics = rated[0]?.metrics ?? [];
  const rowHeight = rated.length * LINE + ROW_GAP;
  const height = metrics.length * rowHeight + 24;
  const half = Math.max(0, width - LABELS - 28) / 2;
  const x = (correlation: number) => LABELS + 14 + half + correlation * half;
  return (
    <figure class="agreement">
      <figcaption>
        <h2>What measures have in common with people</h2>
        <p class="small soft">
          Spearman’s rank correlation with people’s ratings: 1 where a measure orders captions as people do, 0 where it
          knows nothing of it.{' '}
          {rated.map(({ model, captions }) => `${model.name}: ${plural(captions, 'rated caption')}`).join(' · ')}
        </p>
      </figcaption>
      <div ref={host}>
        <svg width={width} height={height} role="img" aria-label={describe(rated)}>
          {TICKS.map((tick) => (
            <g key={tick}>
              <line class="grid-line" x1={x(tick)} x2={x(tick)} y1={0} y2={height - 20} />
              <text class="tick" x={x(tick)} y={height - 4} text-anchor="middle">
                {tick}
              </text>
            </g>
          ))}
          {metrics.map(({ metric, name }, row) => (
            <g key={metric}>
              <text class="name-of" x={0} y={row * rowHeight + rowHeight / 2 + 4}>
                {name}
              </text>
              {rated.map(({ model, colour, metrics: agreements }, line) => {
                const spearman = agreements.find((agreement) => agreement.metric === metric)?.spearman;
                if (spearman == null) return null;
                const y = row * rowHeight + ROW_GAP / 2 + line * LINE;
                return (
                  <rect
                    key={model.id}
                    class={`bar curve-${colour}`}
                    x={Math.min(x(0), x(spearman))}
                    y={y + 1}
                    width={Math.abs(spearman) * half}
                    height={LINE - 2}
                  >
                    <title>{`${model.name}: ${spearman.toFixed(2)}`}</title>
                  </rect>
                );
              })}
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}

function Unrated() {
  return (
    <figure class="agreement">
      <figcaption>
        <h2>What measures have in common with people</h2>
      </figcaption>
      <p class="soft">
        Nobody has rated these captions yet. Rate some in <a href="/photos?split=DEV">Photos</a>, and it is drawn here
        how well the measures agree.
      </p>
    </figure>
  );
}

type Rated = NonNullable<Measured['agreement']> & Pick<Measured, 'model'>;

function describe(rated: readonly Rated[]): string {
  const sentences = rated.map(({ model, metrics }) => {
    const parts = metrics.map(({ name, spearman }) => `${name} ${spearman === null ? 'unknown' : spearman.toFixed(2)}`);
    return `${model.name}: ${parts.join(', ')}`;
  });
  return `Rank correlation of measures with people’s ratings. ${sentences.join('. ')}`;
}

/** Each measure as a point with its interval, models below each other; the table beside it has the figures. */
import { useWidth } from '../parts/use-width.js';
import { figureOf, isShare, metricsOf } from './metrics.js';
import type { Measured } from './operations.js';

const LABELS = 168;
const LINE = 12;
const ROW_GAP = 18;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

export function IntervalChart({ reports }: { reports: readonly Measured[] }) {
  const [host, width] = useWidth<HTMLDivElement>();
  const metrics = metricsOf(reports).filter(isShare);
  const rowHeight = reports.length * LINE + ROW_GAP;
  const height = metrics.length * rowHeight + 24;
  const x = (share: number) => LABELS + share * Math.max(0, width - LABELS - 14);
  return (
    <figure class="intervals">
      <figcaption class="row">
        <h2>How sure the figures are</h2>
        <ul role="list" class="legend small">
          {reports.map(({ model }, index) => (
            <li key={model.id}>
              <span class={`dash curve-${index}`} /> {model.name}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={host}>
        <svg width={width} height={height} role="img" aria-label="Measures with their 95 % intervals, as in the table">
          {TICKS.map((tick) => (
            <g key={tick}>
              <line class="grid-line" x1={x(tick)} x2={x(tick)} y1={0} y2={height - 20} />
              <text class="tick" x={x(tick)} y={height - 4} text-anchor="middle">
                {tick * 100}
              </text>
            </g>
          ))}
          {metrics.map((metric, row) => (
            <g key={metric.key}>
              <text class="name-of" x={0} y={row * rowHeight + rowHeight / 2 + 4}>
                {metric.name}
              </text>
              {reports.map((report, line) => {
                const figure = figureOf(report.metrics, metric);
                const y = row * rowHeight + ROW_GAP / 2 + (line + 0.5) * LINE;
                if (!figure) return null;
                const { value, low, high } = figure;
                return (
                  <g key={report.model.id} class={`mark curve-${line}`}>
                    {low !== null && high !== null && <line x1={x(low)} x2={x(high)} y1={y} y2={y} />}
                    <circle cx={x(value)} cy={y} r={4} />
                  </g>
                );
              })}
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}

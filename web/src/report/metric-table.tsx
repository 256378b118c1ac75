import { count, when } from '../parts/figures.js';
import { Wide } from '../parts/wide.js';
import { figureOf, metricsOf, printFigure } from './metrics.js';
import type { Figure, Measured } from './operations.js';

export function MetricTable({ reports }: { reports: readonly Measured[] }) {
  const ceilingOf = reports.find((report) => report.ceiling !== null);
  const ceiling = ceilingOf?.ceiling;
  return (
    <section aria-labelledby="figures">
      <h2 id="figures">Figures, with 95 % intervals</h2>
      <Wide label="Figures">
        <table class="metrics">
          <thead>
            <tr>
              <th>Measure</th>
              {reports.map(({ model, measuredOn }) => (
                <th key={model.id} class="number">
                  {model.name}
                  <On photos={measuredOn} />
                </th>
              ))}
              {ceiling && (
                <th class="number">
                  People
                  <On photos={ceilingOf.measuredOn} />
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {metricsOf(reports).map((metric) => (
              <tr key={metric.key}>
                <td>{metric.name}</td>
                {reports.map((report) => (
                  <td key={report.model.id} class="number">
                    <Value figure={figureOf(report.metrics, metric)} />
                  </td>
                ))}
                {ceiling && (
                  <td class="number soft">
                    <Value figure={figureOf(ceiling.metrics, metric)} />
                  </td>
                )}
              </tr>
            ))}
            <Row
              name="Brevity penalty"
              reports={reports}
              of={({ brevityPenalty }) => brevityPenalty?.toFixed(3)}
              people={ceiling != null}
            />
            <Row
              name="Different captions"
              reports={reports}
              of={({ diversity }) => diversity && count(diversity.distinctCaptions)}
              people={ceiling != null}
            />
            <Row
              name="Words it uses"
              reports={reports}
              of={({ diversity }) => diversity && count(diversity.vocabulary)}
              people={ceiling != null}
            />
            <Row
              name="Photos"
              reports={reports}
              of={({ images }) => (images === null ? undefined : count(images))}
              people={ceiling != null}
            />
            <Row
              name="Measured"
              reports={reports}
              of={({ measuredAt, origin }) => `${when(measuredAt)}${origin === 'TRAINING' ? ', in training' : ''}`}
              people={ceiling != null}
            />
          </tbody>
        </table>
      </Wide>
      {ceiling && (
        <p class="small soft">
          “People”: each person’s caption measured against those of the others, who are one fewer than the model’s.
        </p>
      )}
      {reports.map(
        ({ model, signature }) =>
          signature !== null && (
            <p key={model.id} class="small soft signature">
              {model.name}: {signature}
            </p>
          ),
      )}
    </section>
  );
}

/** Whose photos a column's figures are of. */
function On({ photos }: { photos: string }) {
  return <span class="measured-on"> on {photos}</span>;
}

function Value({ figure }: { figure: Figure | undefined }) {
  if (!figure) return null;
  const { low, high } = figure;
  return (
    <>
      {printFigure(figure)}
      {low !== null && high !== null && (
        <span class="interval">
          {' '}
          {printFigure(figure, low)}–{printFigure(figure, high)}
        </span>
      )}
    </>
  );
}

interface RowProps {
  readonly name: string;
  readonly reports: readonly Measured[];
  readonly of: (report: Measured) => string | null | undefined;
  /** There is a column for people, which this row leaves empty. */
  readonly people: boolean;
}

function Row({ name, reports, of, people }: RowProps) {
  return (
    <tr>
      <td>{name}</td>
      {reports.map((report) => (
        <td key={report.model.id} class="number">
          {of(report)}
        </td>
      ))}
      {people && <td />}
    </tr>
  );
}

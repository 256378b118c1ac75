import { count, ofHundred, when } from '../parts/figures.js';
import type { Measured } from './operations.js';

export function MetricTable({ reports }: { reports: readonly Measured[] }) {
  return (
    <div class="wide">
      <table class="metrics">
        <thead>
          <tr><th>Measure</th>{reports.map(({ model }) => <th key={model.id} class="number">{model.name}</th>)}</tr>
        </thead>
        <tbody>
          {[0, 1, 2, 3].map((order) => (
            <tr key={order}>
              <td>BLEU-{order + 1}</td>
              {reports.map(({ model, bleu }) => <td key={model.id} class="number">{ofHundred(bleu[order] ?? 0)}</td>)}
            </tr>
          ))}
          <Row name="CIDEr-D" reports={reports} of={({ cider }) => cider.toFixed(3)} />
          <Row name="ROUGE-L" reports={reports} of={({ rougeL }) => (rougeL === null ? '' : rougeL.toFixed(3))} />
          <Row name="Brevity penalty" reports={reports} of={({ brevityPenalty }) => (brevityPenalty === null ? '' : brevityPenalty.toFixed(3))} />
          <Row name="Photos" reports={reports} of={({ images }) => (images === null ? '' : count(images))} />
          <Row name="Measured" reports={reports} of={({ measuredAt, origin }) => `${when(measuredAt)}${origin === 'TRAINING' ? ', in training' : ''}`} />
        </tbody>
      </table>
    </div>
  );
}

function Row({ name, reports, of }: { name: string; reports: readonly Measured[]; of: (report: Measured) => string }) {
  return <tr><td>{name}</td>{reports.map((report) => <td key={report.model.id} class="number">{of(report)}</td>)}</tr>;
}

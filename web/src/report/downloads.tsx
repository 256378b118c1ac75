import { save, toCsv } from '../parts/download.js';
import type { Measured } from './operations.js';

export function Downloads({ reports, split }: { reports: readonly Measured[]; split: string }) {
  const name = `bleu-report-${split.toLowerCase()}`;
  const header = ['model', 'bleu1', 'bleu2', 'bleu3', 'bleu4', 'cider', 'rougeL', 'brevityPenalty', 'images', 'measuredAt', 'signature'];
  const rows = reports.map(({ model, bleu, cider, rougeL, brevityPenalty, images, measuredAt, signature }) => [
    model.name, ...bleu, cider, rougeL, brevityPenalty, images, measuredAt, signature,
  ]);
  return (
    <p class="row">
      <span class="small soft">Download the figures</span>
      <button type="button" onClick={() => { save(`${name}.csv`, toCsv(header, rows)); }}>CSV</button>
      <button type="button" onClick={() => { save(`${name}.json`, `${JSON.stringify(reports, null, 2)}\n`); }}>JSON</button>
    </p>
  );
}

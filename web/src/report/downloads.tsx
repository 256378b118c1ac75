import { ask, messageOf } from '../api/client.js';
import { save, toCsv } from '../parts/download.js';
import { useAction } from '../parts/use-action.js';
import { figureOf, metricsOf } from './metrics.js';
import { type Asked, type Extreme, Extremes, type Measured } from './operations.js';

export function Downloads({ reports, asked }: { reports: readonly Measured[]; asked: Asked }) {
  const { busy, error, run } = useAction();
  const split = asked.split.toLowerCase();
  const name = `bleu-report-${split}`;
  const saveCaptions = () =>
    run(async () => {
      const rows = await Promise.all(
        reports.map(async (report) => (await readAll(report.model.id, asked)).map((caption) => toRow(report, caption))),
      );
      save(
        `captions-${split}.csv`,
        toCsv(['model', 'dataset', 'image_id', 'file_name', 'caption', 'cider', 'bleu4', 'references'], rows.flat()),
      );
    });
  return (
    <p class="row downloads">
      <span class="small soft">Download the figures</span>
      <button
        type="button"
        onClick={() => {
          save(`${name}.csv`, figuresOf(reports));
        }}
      >
        CSV
      </button>
      <button
        type="button"
        onClick={() => {
          save(`${name}.json`, `${JSON.stringify(reports, null, 2)}\n`);
        }}
      >
        JSON
      </button>
      <button type="button" disabled={busy.value} onClick={() => void saveCaptions()}>
        Every caption, CSV
      </button>
      {error.value !== undefined && (
        <span class="bad" role="alert">
          {messageOf(error.value)}
        </span>
      )}
    </p>
  );
}

function figuresOf(reports: readonly Measured[]): string {
  const metrics = metricsOf(reports);
  const header = [
    'model',
    'dataset',
    ...metrics.flatMap(({ key }) => [key, `${key}Low`, `${key}High`]),
    'brevityPenalty',
    'images',
    'measuredAt',
    'signature',
  ];
  const rows = reports.map((report) => [
    report.model.name,
    report.measuredOn,
    ...metrics
      .map((metric) => figureOf(report.metrics, metric))
      .flatMap((figure) => [figure?.value, figure?.low, figure?.high]),
    report.brevityPenalty,
    report.images,
    report.measuredAt,
    report.signature,
  ]);
  return toCsv(header, rows);
}

async function readAll(modelId: string, asked: Asked): Promise<Extreme[]> {
  const captions: Extreme[] = [];
  for (let after: string | null = null; ;) {
    const { bleuReport }: Awaited<ReturnType<typeof readPage>> = await readPage(modelId, asked, after);
    captions.push(...bleuReport.captions.edges.map(({ node }) => node));
    if (!bleuReport.captions.pageInfo.hasNextPage) return captions;
    after = bleuReport.captions.pageInfo.endCursor;
  }
}

function readPage(modelId: string, asked: Asked, after: string | null) {
  return ask(Extremes, { modelId, ...asked, first: 100, after, worstFirst: false });
}

function toRow({ model, measuredOn }: Measured, { image, text, cider, bleu }: Extreme) {
  return [
    model.name,
    measuredOn,
    image.id,
    image.name,
    text,
    cider,
    bleu,
    image.referenceCaptions.map((reference) => reference.text).join(' | '),
  ];
}

/** What the captions of models are worth. */
import { computed, useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ask, Refusal } from '../api/client.js';
import { may } from '../api/viewer.js';
import { Datasets, DatasetSelect, nameAmong, type NamedDataset } from '../parts/dataset-select.js';
import { DeleteModel } from '../parts/delete-model.js';
import { plural, series, when } from '../parts/figures.js';
import { go, route, withQuery } from '../parts/route.js';
import { Empty, Failure, Loading, Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useAnswer } from '../parts/use-answer.js';
import { Switched, switchTo, type UsedModel } from '../parts/use-model.js';
import { AgreementChart } from './agreement-chart.js';
import { Differences } from './differences.js';
import { Downloads } from './downloads.js';
import { ExtremesList } from './extremes-list.js';
import { IntervalChart } from './interval-chart.js';
import { LengthHistogram } from './length-histogram.js';
import { MetricTable } from './metric-table.js';
import { type Asked, Evaluate, type Measured, type Model, Models, Report } from './operations.js';
import '../styles/curves.css';
import './report.css';

const SPLITS = ['DEV', 'TEST', 'TRAIN'] as const;
type Split = (typeof SPLITS)[number];

/** As many columns as can be read beside each other. */
const MOST_COMPARED = 4;

const split = computed<Split>(() => SPLITS.find((name) => name === route.value.query.get('split')) ?? 'DEV');
const chosenIds = computed(
  () =>
    route.value.query
      .get('model')
      ?.split(',')
      .filter((id) => id !== '') ?? [],
);

/** In place of a data set's id: only what was measured on those of all. */
const ALL = 'all';
/** A data set's id, or ALL; undefined for whatever was measured. */
const chosenDataset = computed(() => route.value.query.get('dataset') ?? undefined);

export function ReportView() {
  const { data, error, again } = useAnswer(Models, { after: null });
  const datasets = useAnswer(Datasets, {}).data?.datasets;
  if (!data)
    return error === undefined ? <Loading what="Fetching the models" /> : <Failure error={error} again={again} />;
  const models = data.models.edges.map(({ node }) => node);
  const [first] = [...models.filter(({ current }) => current), ...models];
  if (!first)
    return (
      <Empty title="There is no model yet">
        <p>
          <a href="/training">Train one</a> to see what it is worth.
        </p>
      </Empty>
    );
  const chosen = models.filter(({ id }) => chosenIds.value.includes(id));
  return (
    <>
      <h1>Report</h1>
      <Choice models={models} chosen={chosen.length > 0 ? chosen : [first]} datasets={datasets} again={again} />
      <Reports models={chosen.length > 0 ? chosen : [first]} split={split.value} datasets={datasets} />
    </>
  );
}

interface ChoiceProps {
  readonly models: readonly Model[];
  readonly chosen: readonly Model[];
  readonly datasets: readonly NamedDataset[] | undefined;
  readonly again: () => void;
}

function Choice({ models, chosen, datasets, again }: ChoiceProps) {
  const { error, run } = useAction();
  const used = useSignal<UsedModel | undefined>(undefined);
  const use = (modelId: string) =>
    run(async () => {
      used.value = await switchTo(modelId);
      again();
    });
  const toggle = (id: string, isChosen: boolean) => {
    const ids = chosen.map((model) => model.id);
    go(withQuery({ model: (isChosen ? [...ids, id] : ids.filter((other) => other !== id)).join() }), { replace: true });
  };
  return (
    <div class="choice">
      <fieldset>
        <legend>Models to compare</legend>
        <ul role="list">
          {models.map((model) => {
            const isChosen = chosen.includes(model);
            return (
              <li key={model.id}>
                <label class="row">
                  <input
                    type="checkbox"
                    checked={isChosen}
                    disabled={isChosen ? chosen.length === 1 : chosen.length >= MOST_COMPARED}
                    onChange={({ currentTarget }) => {
                      toggle(model.id, currentTarget.checked);
                    }}
                  />
                  {model.name} <span>{model.current ? 'captions new photos' : when(model.createdAt)}</span>
                </label>
                {!model.current && may('TRAIN') && (
                  <button
                    type="button"
                    class="plain"
                    aria-label={`Use for new photos: ${model.name}`}
                    onClick={() => void use(model.id)}
                  >
                    Use for new photos
                  </button>
                )}
                <DeleteModel model={model} onDeleted={again} />
              </li>
            );
          })}
        </ul>
        {used.value && <Switched key={used.value.id} used={used.value} />}
        <Refused error={error.value} />
      </fieldset>
      <div class="choice-fields">
        <DatasetSelect
          any="Any that was measured"
          others={{ [ALL]: 'All together' }}
          datasets={datasets}
          value={chosenDataset.value}
          onChange={(dataset) => {
            go(withQuery({ dataset }), { replace: true });
          }}
        />
        <label>
          <span>Split</span>
          <select
            value={split.value}
            onChange={({ currentTarget }) => {
              go(withQuery({ split: currentTarget.value }), { replace: true });
            }}
          >
            {SPLITS.map((name) => (
              <option key={name} value={name}>
                {name.toLowerCase()}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}

/** Of a model: what was measured, or undefined where nothing was. */
type Reading = readonly { readonly model: Model; readonly report: Measured | undefined }[];

interface ReportsProps {
  readonly models: readonly Model[];
  readonly split: Split;
  readonly datasets: readonly NamedDataset[] | undefined;
}

function Reports({ models, split: ofSplit, datasets }: ReportsProps) {
  const [reading, setReading] = useState<Reading>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const key = models.map(({ id }) => id).join();
  const chosen = chosenDataset.value;
  const asked: Asked = { split: ofSplit, dataset: chosen === undefined || chosen === ALL ? null : chosen };
  useEffect(() => {
    const controller = new AbortController();
    setError(undefined);
    Promise.all(
      models.map(async (model) => ({
        model,
        report: await readReport(model.id, asked, chosen === ALL, controller.signal),
      })),
    ).then(setReading, (failure: unknown) => {
      if (!controller.signal.aborted) setError(failure);
    });
    return () => {
      controller.abort();
    };
  }, [key, ofSplit, chosen, round]);
  const again = () => {
    setRound(round + 1);
  };
  if (error !== undefined) return <Failure error={error} again={again} />;
  if (!reading) return <Loading what="Fetching the figures" />;
  const reports = reading.flatMap(({ report }) => report ?? []);
  const [first, ...others] = reports;
  // A data set may have grown or shrunk between two measurements.
  const areOfSamePhotos = others.every(
    ({ measuredOn, images }) => measuredOn === first?.measuredOn && images === first.images,
  );
  // Where they are of different photos, every legend says of which.
  const drawn = areOfSamePhotos
    ? reports
    : reports.map((report) => ({ ...report, model: { ...report.model, name: namePhotos(report) } }));
  const place = `the ${ofSplit.toLowerCase()} split${chosen === undefined ? '' : ` of ${photosOf(chosen, datasets)}`}`;
  return (
    <>
      {reading.map(({ model, report }) => {
        if (report?.metrics.some(({ low }) => low !== null)) return null;
        const title = report
          ? `${model.name} was measured on ${report.measuredOn} with fewer figures`
          : `${model.name} was not measured on ${place} yet`;
        const photos = `the ${ofSplit.toLowerCase()} split of ${photosOf(chosen ?? ALL, datasets)}`;
        return <Unmeasured key={model.id} model={model} title={title} photos={photos} asked={asked} again={again} />;
      })}
      {first && (
        <>
          {!areOfSamePhotos && (
            <div class="not-comparable" role="note">
              <p>
                These figures are of different photos and cannot be compared:{' '}
                {series(drawn.map(({ model }) => model.name))}.
              </p>
              <Measure
                models={reports.map(({ model }) => model)}
                asked={asked}
                label="Measure them on the same photos"
                again={again}
              />
            </div>
          )}
          <MetricTable reports={reports} />
          <Downloads reports={reports} asked={asked} />
          <div class="figures">
            <IntervalChart reports={drawn} />
            <LengthHistogram reports={drawn} />
            <AgreementChart reports={drawn} />
          </div>
          {others.map(
            ({ model, measuredOn }) =>
              measuredOn === first.measuredOn && (
                <Differences key={model.id} first={first.model} other={model} asked={asked} measuredOn={measuredOn} />
              ),
          )}
          <ExtremesList models={reports.map(({ model }) => model)} asked={asked} measuredOn={first.measuredOn} />
        </>
      )}
    </>
  );
}

/** A data set in words, as reports name it. */
function photosOf(chosen: string, datasets: readonly NamedDataset[] | undefined): string {
  if (chosen === ALL) return 'all data sets';
  const dataset = datasets?.find(({ id, name }) => id === chosen || name === chosen);
  return dataset && datasets ? nameAmong(dataset, datasets) : 'that data set';
}

interface UnmeasuredProps {
  readonly model: Pick<Model, 'id'>;
  readonly title: string;
  /** What it would be measured on, in words. */
  readonly photos: string;
  readonly asked: Asked;
  readonly again: () => void;
}

/** A model that was not measured on these photos, or only while it was trained. */
function Unmeasured({ model, title, photos, asked, again }: UnmeasuredProps) {
  return (
    <Empty title={title}>
      <p>
        Measuring captions every photo of {photos} that people have described: some minutes for a thousand. Figures of
        other photos stay.
      </p>
      <Measure models={[model]} asked={asked} label="Measure it now" again={again} />
    </Empty>
  );
}

interface MeasureProps {
  readonly models: readonly Pick<Model, 'id'>[];
  readonly asked: Asked;
  readonly label: string;
  readonly again: () => void;
}

function Measure({ models, asked, label, again }: MeasureProps) {
  const { busy, error, run } = useAction();
  if (!may('TRAIN')) return null;
  const measure = () =>
    run(async () => {
      for (const { id } of models) await ask(Evaluate, { modelId: id, ...asked });
      again();
    });
  return (
    <>
      <button type="button" class="main" disabled={busy.value} onClick={() => void measure()}>
        {busy.value ? 'Measuring' : label}
      </button>
      <Refused error={error.value} />
    </>
  );
}

/** Such as "small on 8 photos of scenes". */
function namePhotos({ model, images, measuredOn }: Measured): string {
  return `${model.name} on ${images === null ? '' : `${plural(images, 'photo')} of `}${measuredOn}`;
}

/** @param ofAll nothing but what was measured on the photos of all data sets together */
async function readReport(
  modelId: string,
  asked: Asked,
  ofAll: boolean,
  signal: AbortSignal,
): Promise<Measured | undefined> {
  try {
    const { bleuReport: report } = await ask(Report, { modelId, ...asked }, signal);
    return ofAll && (report.origin !== 'EVALUATION' || report.dataset !== null) ? undefined : report;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** What the captions of models are worth. */
import { computed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ask, Refusal } from '../api/client.js';
import { when } from '../parts/figures.js';
import { go, route, withQuery } from '../parts/route.js';
import { Empty, Failure, Loading, Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useAnswer } from '../parts/use-answer.js';
import { AgreementChart } from './agreement-chart.js';
import { Differences } from './differences.js';
import { Downloads } from './downloads.js';
import { ExtremesList } from './extremes-list.js';
import { IntervalChart } from './interval-chart.js';
import { LengthHistogram } from './length-histogram.js';
import { MetricTable } from './metric-table.js';
import { Evaluate, type Measured, type Model, Models, Report, Use } from './operations.js';
import '../styles/curves.css';
import './report.css';

const SPLITS = ['DEV', 'TEST', 'TRAIN'] as const;
type Split = (typeof SPLITS)[number];

/** As many columns as can be read beside each other. */
const MOST_COMPARED = 4;

const split = computed<Split>(() => SPLITS.find((name) => name === route.value.query.get('split')) ?? 'DEV');
const chosenIds = computed(() => route.value.query.get('model')?.split(',').filter((id) => id !== '') ?? []);

export function ReportView() {
  const { data, error, again } = useAnswer(Models, { after: null });
  if (!data) return error === undefined ? <Loading what="Fetching the models" /> : <Failure error={error} again={again} />;
  const models = data.models.edges.map(({ node }) => node);
  const [first] = [...models.filter(({ current }) => current), ...models];
  if (!first) return <Empty title="There is no model yet"><p><a href="/training">Train one</a> to see what it is worth.</p></Empty>;
  const chosen = models.filter(({ id }) => chosenIds.value.includes(id));
  return (
    <>
      <h1>Report</h1>
      <Choice models={models} chosen={chosen.length > 0 ? chosen : [first]} again={again} />
      <Reports models={chosen.length > 0 ? chosen : [first]} split={split.value} />
    </>
  );
}

function Choice({ models, chosen, again }: { models: readonly Model[]; chosen: readonly Model[]; again: () => void }) {
  const { error, run } = useAction();
  const use = (modelId: string) =>
    run(async () => {
      await ask(Use, { modelId });
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
                    onChange={({ currentTarget }) => { toggle(model.id, currentTarget.checked); }}
                  />
                  {model.name} <span>{model.current ? 'captions new photos' : when(model.createdAt)}</span>
                </label>
                {!model.current && (
                  <button type="button" class="plain" aria-label={`Use for new photos: ${model.name}`} onClick={() => void use(model.id)}>
                    Use for new photos
                  </button>
                )}
              </li>
            );
          })}
        </ul>
        <Refused error={error.value} />
      </fieldset>
      <label>
        <span>Measured on</span>
        <select value={split.value} onChange={({ currentTarget }) => { go(withQuery({ split: currentTarget.value }), { replace: true }); }}>
          {SPLITS.map((name) => <option key={name} value={name}>{name.toLowerCase()} split</option>)}
        </select>
      </label>
    </div>
  );
}

/** Of a model: what was measured, or undefined where nothing was. */
type Reading = readonly { readonly model: Model; readonly report: Measured | undefined }[];

function Reports({ models, split: on }: { models: readonly Model[]; split: Split }) {
  const [reading, setReading] = useState<Reading>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const key = models.map(({ id }) => id).join();
  useEffect(() => {
    const controller = new AbortController();
    setError(undefined);
    Promise.all(models.map(async (model) => ({ model, report: await readReport(model.id, on, controller.signal) }))).then(setReading, (failure: unknown) => {
      if (!controller.signal.aborted) setError(failure);
    });
    return () => { controller.abort(); };
  }, [key, on, round]);
  const again = () => { setRound(round + 1); };
  if (error !== undefined) return <Failure error={error} again={again} />;
  if (!reading) return <Loading what="Fetching the figures" />;
  const reports = reading.flatMap(({ report }) => report ?? []);
  const [first, ...others] = reports;
  return (
    <>
      {reading.map(({ model, report }) => {
        if (report?.intervals) return null;
        const title = report ? `${model.name} was measured with fewer figures` : `${model.name} was not measured on the ${on.toLowerCase()} split yet`;
        return <Unmeasured key={model.id} model={model} title={title} split={on} again={again} />;
      })}
      {first && (
        <>
          <MetricTable reports={reports} />
          <Downloads reports={reports} split={on} />
          <div class="figures">
            <IntervalChart reports={reports} />
            <LengthHistogram reports={reports} />
            <AgreementChart reports={reports} />
          </div>
          {others.map(({ model }) => <Differences key={model.id} first={first.model} other={model} split={on} />)}
          <ExtremesList models={reports.map(({ model }) => model)} split={on} />
        </>
      )}
    </>
  );
}

/** A model that was not measured on this split, or only while it was trained. */
function Unmeasured({ model, title, split: on, again }: { model: Pick<Model, 'id'>; title: string; split: Split; again: () => void }) {
  const { busy, error, run } = useAction();
  const measure = () =>
    run(async () => {
      await ask(Evaluate, { modelId: model.id, split: on });
      again();
    });
  return (
    <Empty title={title}>
      <p>It captions every photo of the split that people described, minutes for a thousand.</p>
      <button type="button" class="main" disabled={busy.value} onClick={() => void measure()}>{busy.value ? 'Measuring' : 'Measure it now'}</button>
      <Refused error={error.value} />
    </Empty>
  );
}

async function readReport(modelId: string, on: Split, signal: AbortSignal): Promise<Measured | undefined> {
  try {
    return (await ask(Report, { modelId, split: on }, signal)).bleuReport;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** What the captions of models are worth. */
import { computed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ask, Refusal } from '../api/client.js';
import { when } from '../parts/figures.js';
import { go, route, withQuery } from '../parts/route.js';
import { Empty, Failure, Loading } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';
import { Downloads } from './downloads.js';
import { MetricTable } from './metric-table.js';
import { type Measured, type Model, Models, Report } from './operations.js';
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
      <Choice models={models} chosen={chosen.length > 0 ? chosen : [first]} />
      <Reports models={chosen.length > 0 ? chosen : [first]} split={split.value} />
    </>
  );
}

function Choice({ models, chosen }: { models: readonly Model[]; chosen: readonly Model[] }) {
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
              </li>
            );
          })}
        </ul>
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
  return (
    <>
      {reports.length > 0 && <MetricTable reports={reports} />}
      {reports.length > 0 && <Downloads reports={reports} split={on} />}
    </>
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

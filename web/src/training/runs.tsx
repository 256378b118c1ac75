/** All trainings, and the curves of those that are to be compared. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api/client.js';
import { plural, when } from '../parts/figures.js';
import { Empty, Failure, Loading } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';
import { Wide } from '../parts/wide.js';
import { Chart } from './chart.js';
import { type Epoch, type Job, JobEpochs, Jobs } from './operations.js';
import { lossTitle, SCORES, TASK_NAMES } from './scores.js';
import { StateName } from './state-name.js';

/** As many as there are colours that can be told apart. */
const MOST_COMPARED = 4;
const TASKS = ['CAPTION', 'CORRECTIONS', 'SEARCH'] as const;
const REFRESH_MILLISECONDS = 5_000;

export function Runs() {
  const { data, error, again } = useAnswer(Jobs, { after: null });
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const jobs = useMemo(() => data?.trainingJobs.edges.map(({ node }) => node) ?? [], [data]);
  const compared = useMemo(() => jobs.filter(({ id }) => chosen.includes(id)), [jobs, chosen]);
  const isBusy = jobs.some(({ state }) => state === 'RUNNING' || state === 'QUEUED');
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setInterval(again, REFRESH_MILLISECONDS);
    return () => {
      clearInterval(timer);
    };
  }, [isBusy, again]);
  if (!data)
    return error === undefined ? <Loading what="Fetching the trainings" /> : <Failure error={error} again={again} />;
  if (jobs.length === 0) {
    return (
      <Empty title="Nothing has been trained yet">
        <p>
          A training learns from photos with captions. Without any, import <code>scenes</code> first.
        </p>
      </Empty>
    );
  }
  const toggle = (id: string) => {
    setChosen((before) => (before.includes(id) ? before.filter((other) => other !== id) : [...before, id]));
  };
  return (
    <section class="runs" aria-labelledby="runs">
      <h2 id="runs">Trainings so far</h2>
      <Wide label="Trainings">
        <table>
          <thead>
            <tr>
              <th>Compare</th>
              <th>Name</th>
              <th>For</th>
              <th>State</th>
              <th>Data set</th>
              <th class="number">Epochs</th>
              <th class="number">Seed</th>
              <th>Begun</th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <tr key={job.id}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare ${job.name}`}
                    checked={chosen.includes(job.id)}
                    disabled={!chosen.includes(job.id) && chosen.length >= MOST_COMPARED}
                    onChange={() => {
                      toggle(job.id);
                    }}
                  />
                </td>
                <td>
                  <a href={`/training/${job.id}`}>{job.name}</a>
                </td>
                <td>{TASK_NAMES[job.task]}</td>
                <td>
                  <StateName state={job.state} />
                </td>
                <td>{job.trainedOn}</td>
                <td class="number">{job.settings.epochs}</td>
                <td class="number">{job.settings.seed}</td>
                <td>{when(job.createdAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {compared.length > 0 && <Comparison jobs={compared} />}
    </section>
  );
}

/** @param jobs a new list has their epochs read again */
function Comparison({ jobs }: { jobs: readonly Job[] }) {
  const [epochs, setEpochs] = useState<ReadonlyMap<string, readonly Epoch[]>>(new Map());
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const controller = new AbortController();
    Promise.all(
      jobs.map(
        async ({ id }) => [id, (await ask(JobEpochs, { id }, controller.signal)).trainingJob?.epochs ?? []] as const,
      ),
    ).then(
      (read) => {
        setEpochs(new Map(read));
        setError(undefined);
      },
      (failure: unknown) => {
        if (!controller.signal.aborted) setError(failure);
      },
    );
    return () => {
      controller.abort();
    };
  }, [jobs]);
  if (error !== undefined) return <Failure error={error} />;
  const curves = (task: Job['task'], of: (epoch: Epoch) => number | undefined) =>
    jobs.flatMap(({ id, name, task: itsTask }, colour) => {
      if (itsTask !== task) return [];
      const read = epochs.get(id) ?? [];
      return [
        {
          label: `${name} (${plural(read.length, 'epoch')})`,
          x: read.map(({ epoch }) => epoch),
          y: read.map((epoch) => of(epoch) ?? 0),
          colour,
        },
      ];
    });
  const tasks = TASKS.filter((task) => jobs.some((job) => job.task === task));
  const longest = Math.max(1, ...[...epochs.values()].map((read) => read.length));
  return (
    <div class="charts">
      {tasks.flatMap((task) => [
        <Chart key={task} title={lossTitle(task)} curves={curves(task, ({ loss }) => loss)} epochs={longest} />,
        ...SCORES[task]
          .filter(({ isDrawn }) => isDrawn)
          .map(({ name, of }) => (
            <Chart key={name} title={`${name}, on the dev split`} curves={curves(task, of)} epochs={longest} />
          )),
      ])}
    </div>
  );
}

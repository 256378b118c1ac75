/** One training as it happens. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { announce } from '../parts/announce.js';
import { DeleteModel } from '../parts/delete-model.js';
import { duration, plural } from '../parts/figures.js';
import { Failure, Loading } from '../parts/states.js';
import type { UsedModel } from '../parts/use-model.js';
import { Wide } from '../parts/wide.js';
import { Chart, type Curve } from './chart.js';
import { type Epoch, hasEnded, type Job } from './operations.js';
import { RunControls } from './run-controls.js';
import { Samples } from './samples.js';
import { lossTitle, type Score, SCORES } from './scores.js';
import { StateName } from './state-name.js';
import { UseCandidate } from './use-candidate.js';
import { watch, type Watched } from './watch.js';

export function WatchRun({ id }: { id: string }) {
  // A failed training has ended and is followed no longer, until it is resumed.
  const [round, setRound] = useState(0);
  const watching = useMemo(() => watch(id), [id, round]);
  useEffect(() => watching.close, [watching]);
  const { job, epochs, error, steps, live } = watching.state.value;
  const state = job?.state;
  useEffect(() => {
    if (state && hasEnded(state)) announce(`The training is ${state.toLowerCase()}.`);
  }, [state]);
  if (error !== undefined)
    return (
      <>
        <h1>Training</h1>
        <Failure error={error} />
      </>
    );
  if (!job) return <Loading what="Fetching the training" />;
  const total = job.settings.epochs;
  const perEpoch = job.started?.stepsPerEpoch;
  const places = epochs.map(({ epoch }) => epoch);
  const rewards = epochs.flatMap(({ epoch, reward }) => (reward === null ? [] : [{ epoch, reward }]));
  return (
    <>
      <p class="small">
        <a href="/training">All trainings</a>
      </p>
      <h1>{job.name}</h1>
      <Head
        job={job}
        epochs={epochs}
        live={live}
        again={() => {
          setRound(round + 1);
        }}
      />
      <div class="charts">
        <Chart
          title={lossTitle(job.task)}
          epochs={total}
          curves={[
            ...liveCurve(steps, perEpoch),
            { label: 'Mean of the epoch', x: places, y: epochs.map(({ loss }) => loss), colour: 0 },
          ]}
        />
        <Chart
          title="On the dev split"
          epochs={total}
          curves={SCORES[job.task]
            .filter(({ isDrawn }) => isDrawn)
            .map(({ name, of }, place) => ({
              label: name,
              x: places,
              y: epochs.map((epoch) => of(epoch) ?? 0),
              colour: place + 1,
            }))}
        />
        {rewards.length > 0 && (
          <Chart
            title="Reward: CIDEr-D of the captions drawn"
            epochs={total}
            curves={[
              {
                label: 'Mean of the epoch',
                x: rewards.map(({ epoch }) => epoch),
                y: rewards.map(({ reward }) => reward),
                colour: 3,
              },
            ]}
          />
        )}
      </div>
      <Samples epochs={epochs} />
      <EpochTable epochs={epochs} scores={SCORES[job.task]} />
    </>
  );
}

type HeadProps = Pick<Watched, 'epochs' | 'live'> & { job: Job; again: () => void };

function Head({ job, epochs, live, again }: HeadProps) {
  const used = useSignal<UsedModel | undefined>(undefined);
  const { settings, started, progress } = job;
  const selfCritical = settings.phases.reduce(
    (sum, { objective, epochs: count }) => sum + (objective === 'SELF_CRITICAL' ? count : 0),
    0,
  );
  const steps = started ? started.stepsPerEpoch * settings.epochs : undefined;
  const done = progress && steps ? progress.step / steps : epochs.length / settings.epochs;
  return (
    <section class="run-head" aria-label="How it goes">
      <p>
        <StateName state={job.state} />
        {!hasEnded(job.state) && !live && (
          <span class="soft">. The connection is lost; it is picked up again by itself.</span>
        )}
        {job.state === 'RUNNING' && live && <span class="soft">, {goesOn(job, epochs)}</span>}
        {job.error && <span class="bad">: {job.error.message}</span>}
        {job.stoppedEarly !== null && <span class="soft">. {job.stoppedEarly}</span>}
        {job.model && <Outcome task={job.task} model={job.model} />}
        {job.state === 'SUCCEEDED' && !job.model && '. The model that came of it was deleted.'}
      </p>
      <progress value={hasEnded(job.state) && job.state === 'SUCCEEDED' ? 1 : done} aria-label="Of the training" />
      <p class="small soft facts">
        {plural(settings.epochs, 'epoch')}
        {selfCritical > 0 && ` (the last ${selfCritical} self-critical)`}, seed {settings.seed}, photos of{' '}
        {job.trainedOn}
        {job.fromModel && `, going on from ${job.fromModel.name}`}
        {started &&
          `, ${plural(started.imageCount, 'photo')} with ${plural(started.captionCount, 'caption')}, ${started.engine} on ${started.device}`}
      </p>
      {job.outcome && job.model && <p class="outcome">{job.outcome.found}</p>}
      {job.outcome && !job.outcome.used && job.model && <UseCandidate model={job.model} used={used} />}
      {job.model && !used.value && (
        <div class="flush">
          <DeleteModel model={job.model} onDeleted={again} />
        </div>
      )}
      <RunControls job={job} again={again} />
    </section>
  );
}

function Outcome({ task, model }: { task: Job['task']; model: NonNullable<Job['model']> }) {
  if (task === 'SEARCH') return <>. It became the model {model.name}.</>;
  return (
    <>
      . It became the model <a href={`/report?model=${model.id}`}>{model.name}</a>.
    </>
  );
}

/** The steps since the page watches, where there were any. */
function liveCurve(steps: Watched['steps'], perEpoch: number | undefined): Curve[] {
  if (perEpoch === undefined || steps.length === 0) return [];
  return [
    {
      label: 'Steps',
      x: steps.map(({ step }) => step / perEpoch),
      y: steps.map(({ loss }) => loss),
      colour: 0,
      fine: true,
    },
  ];
}

function goesOn({ progress, settings, currentStage: stage }: Job, epochs: readonly Epoch[]): string {
  const epoch = Math.min(Math.max(progress?.epoch ?? 1, epochs.length + 1), settings.epochs);
  const left = (seconds: number | null | undefined) => (seconds == null ? '' : `, ${duration(seconds)} left`);
  const photos =
    stage?.totalCount == null
      ? ''
      : `: ${stage.doneCount} of ${plural(stage.totalCount, 'photo')}${left(stage.estimatedSeconds)}`;
  switch (stage?.stage) {
    case 'READING_CAPTIONS':
      return 'reading captions';
    case 'PACKING_FEATURES':
      return `looking at photos${photos}`;
    case 'COMPILING':
      return 'preparing its steps';
    case 'VALIDATING':
      return `measuring epoch ${epoch} of ${settings.epochs}${photos}`;
    case 'MEASURING':
      return `measuring the new model beside the current one${photos}`;
    case 'PUBLISHING':
      return 'storing the new model';
    default: {
      const seconds = left(stage?.estimatedSeconds ?? epochs.at(-1)?.secondsLeft);
      return `epoch ${epoch} of ${settings.epochs}${seconds === '' ? '' : `${seconds} of the epochs`}`;
    }
  }
}

function EpochTable({ epochs, scores }: { epochs: readonly Epoch[]; scores: readonly Score[] }) {
  return (
    <details class="epochs">
      <summary>The curves as a table</summary>
      <Wide label="Epochs">
        <table>
          <thead>
            <tr>
              <th>Epoch</th>
              <th class="number">Loss</th>
              {scores.map(({ name }) => (
                <th key={name} class="number">
                  {name}
                </th>
              ))}
              <th class="number">Took</th>
              <th>Best so far</th>
            </tr>
          </thead>
          <tbody>
            {epochs.map((measured) => (
              <tr key={measured.epoch}>
                <td>{measured.epoch}</td>
                <td class="number">
                  <data value={String(measured.loss)}>{measured.loss.toFixed(3)}</data>
                </td>
                {scores.map(({ name, of, print }) => (
                  <td key={name} class="number">
                    {print(of(measured) ?? 0)}
                  </td>
                ))}
                <td class="number">{duration(measured.seconds)}</td>
                <td>{measured.best ? 'yes' : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </details>
  );
}

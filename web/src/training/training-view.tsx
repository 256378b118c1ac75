/** Trainings: start one, watch one, compare some. */
import { may } from '../api/viewer.js';
import { route } from '../parts/route.js';
import { CorrectionsOffer } from './corrections-offer.js';
import { Runs } from './runs.js';
import { StartForm } from './start-form.js';
import { WatchRun } from './watch-run.js';
import './training.css';

export function TrainingView() {
  const { id } = route.value;
  if (id !== undefined) return <WatchRun key={id} id={id} />;
  return (
    <>
      <h1>Training</h1>
      {may('TRAIN') && <CorrectionsOffer />}
      {may('TRAIN') && <StartForm />}
      <Runs />
    </>
  );
}

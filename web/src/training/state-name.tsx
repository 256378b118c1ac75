import type { Job } from './operations.js';

const NAMES: Readonly<Record<Job['state'], string>> = {
  QUEUED: 'Waiting',
  RUNNING: 'Running',
  PAUSED: 'Paused',
  SUCCEEDED: 'Done',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

export function StateName({ state }: { state: Job['state'] }) {
  return <span class={state === 'FAILED' ? 'bad' : undefined}>{NAMES[state]}</span>;
}

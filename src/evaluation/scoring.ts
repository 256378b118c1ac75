/** Scoring in a thread of its own: it takes seconds, and the server answers meanwhile. */
import { join } from 'node:path';
import pLimit from 'p-limit';
import { pool } from 'workerpool';
import { PROGRAM_FOLDER } from '../program-folder.js';
import type { ScoringWork } from './scoring-thread.js';

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'evaluation', 'scoring-thread.js');

/** However many ask: the cores are for seeing and writing. */
const oneAtATime = pLimit(1);

/** Does the work of this name in a thread. @throws what it throws */
export function inScoringThread<Name extends keyof ScoringWork>(
  name: Name,
  ...parameters: Parameters<ScoringWork[Name]>
): Promise<Awaited<ReturnType<ScoringWork[Name]>>> {
  return oneAtATime(() => run(name, parameters)) as Promise<Awaited<ReturnType<ScoringWork[Name]>>>;
}

async function run(name: keyof ScoringWork, parameters: unknown[]): Promise<unknown> {
  const threads = pool(SCRIPT, { workerType: 'thread', maxWorkers: 1 });
  try {
    return (await threads.exec(name, parameters)) as unknown;
  } finally {
    await threads.terminate();
  }
}

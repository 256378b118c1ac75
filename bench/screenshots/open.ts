/** A server with a collection of scenes, in EKPHRASIS_DATA or a folder that is removed afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startServer } from '../../src/api/server/server.js';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { setStage } from './stage.js';

export interface Stage {
  /** Of the page. */
  readonly origin: string;
  /** Of what was trained on scenes, the latest first. */
  ids(): Promise<{ readonly models: readonly string[]; readonly trainings: readonly string[] }>;
  /** Deletes photos that were added on the page, so that they are new when they are added again. */
  forgetUploads(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const kept = process.env['EKPHRASIS_DATA'];
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'screenshots-')));
  const log = pino({ level: 'warn' });
  const application = await openApplication(
    loadConfig({ ...process.env, EKPHRASIS_DATA: directory, PORT: process.env['PORT'] ?? '0' }),
    { log },
  );
  if ((await application.store.images.count()).count === 0) await setStage(application);
  else await application.work();
  const server = await startServer(application);
  return {
    origin: new URL(server.url).origin,
    async ids() {
      const { trainingJobs, models } = application.store;
      const trained = (await trainingJobs.list({ limit: 10 })).items.map(({ id }) => id);
      const made = await Promise.all(trained.map((id) => models.ofTrainingJob(id)));
      return { models: made.flatMap((model) => model?.id ?? []), trainings: trained };
    },
    async forgetUploads() {
      const { images } = application.store;
      const { items } = await images.list({ limit: 100 });
      for (const { id, uploaded } of items) if (uploaded) await images.delete(id);
    },
    async close() {
      await server.close();
      await application.close();
      if (kept === undefined) await rm(directory, { recursive: true });
    },
  };
}

/**
 * The server of the bench: the program's own, which tells its parent on request what it takes. With DATABASE_URL it
 * leaves the training to a worker.
 */
import { cpuUsage, memoryUsage } from 'node:process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import type { z } from 'zod';
import { startServer } from '../../src/api/server/server.js';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { askedSchema, type measuredSchema } from './messages.js';

const config = loadConfig(process.env);
const application = await openApplication(config, { log: pino({ level: 'warn' }, pino.destination(2)) });
const server = await startServer(application);
const lag = monitorEventLoopDelay({ resolution: 1 });
lag.enable();

let readings = 0;
const { trainingJobs } = application.store;
const find = trainingJobs.find.bind(trainingJobs);
const epochs = trainingJobs.epochs.bind(trainingJobs);
trainingJobs.find = (id) => {
  readings += 1;
  return find(id);
};
trainingJobs.epochs = (id, after) => {
  readings += 1;
  return epochs(id, after);
};

async function answer(asked: z.infer<typeof askedSchema>): Promise<void> {
  if (asked === 'end') {
    await server.close();
    await application.close();
    process.disconnect();
    return;
  }
  if (asked === 'train') {
    await application.training.work();
    return;
  }
  if (asked === 'measure after collecting') {
    for (let count = 0; count < 3; count += 1) {
      global.gc?.();
      await wait(300);
    }
  }
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - 1);
  const { user, system } = cpuUsage();
  const measured: z.infer<typeof measuredSchema> = {
    rss: memoryUsage.rss(),
    heapUsed: memoryUsage().heapUsed,
    readings,
    lag: { p50: late(lag.percentile(50)), p99: late(lag.percentile(99)), most: late(lag.max) },
    cpu: (user + system) / 1e6,
  };
  lag.reset();
  process.send?.(measured);
}

process.on('message', (message) => {
  void answer(askedSchema.parse(message));
});
process.send?.({ url: server.url });

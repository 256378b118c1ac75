/** Trainings whose worker is killed, or whose database is lost, on a real Postgres: only with TEST_DATABASE_URL. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { survive } from '../../bench/survival/survive.js';
import { openApplication } from '../../src/application.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { loadConfig } from '../../src/config.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { withPostgresDatabase } from '../postgres/database.js';

const url = process.env['TEST_DATABASE_URL'] ?? '';

/** A way to the database that can be cut. Emits `refused` for each connection that is not let through. */
class Line extends EventEmitter {
  private readonly sockets = new Set<net.Socket>();
  private cut = false;
  private readonly server: net.Server;

  private constructor(port: number) {
    super();
    this.server = net.createServer((socket) => {
      if (this.cut) {
        socket.destroy();
        this.emit('refused');
        return;
      }
      const onward = net.connect(port, '127.0.0.1');
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.sockets.add(one);
        one
          .on('error', () => undefined)
          .on('close', () => {
            this.sockets.delete(one);
            other.destroy();
          });
        one.pipe(other);
      }
    });
  }

  /** @returns the line, and the database's address over it */
  static async open(databaseUrl: string): Promise<{ line: Line; address: string }> {
    const address = new URL(databaseUrl);
    const line = new Line(Number(address.port));
    line.server.listen(0, '127.0.0.1');
    await once(line.server, 'listening');
    address.port = String((line.server.address() as net.AddressInfo).port);
    return { line, address: address.href };
  }

  break(): void {
    this.cut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.cut = false;
  }

  close(): void {
    this.break();
    this.server.close();
  }
}

describe.skipIf(url === '')('on a real Postgres', () => {
  test('a training whose workers are killed ends with the weights it would have had, watched from another server', async () => {
    const report = await withPostgresDatabase(url, (databaseUrl) =>
      survive({ databaseUrl, kills: 2, seed: 1, epochs: 8, scenes: { train: 32, dev: 4 }, lease: 2 }),
    );
    expect(report.state).toBe('SUCCEEDED');
    expect(report.epochsSeen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(report.attempts).toBeGreaterThanOrEqual(3);
    expect(report.undisturbed).toMatch(/^[0-9a-f]{64}$/);
    expect(report.survivor).toBe(report.undisturbed);
  });

  test('a training waits for a database that is away for a moment, and goes on by itself when it was away for longer', () =>
    withPostgresDatabase(url, async (databaseUrl) => {
      const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-lost-database-'));
      const { line, address } = await Line.open(databaseUrl);
      const environment = {
        EKPHRASIS_DATA: directory,
        EKPHRASIS_CACHE: directory,
        VGG16_WEIGHTS: 'random:1',
        VGG16_PRECISION: 'fp32',
        JOB_LEASE_SECONDS: '4',
      };
      const heard = new EventEmitter();
      const log = pino(
        { level: 'warn' },
        new Writable({
          write(text: Buffer, _encoding, done) {
            if (text.toString().includes('for want of the database')) heard.emit('stopped');
            done();
          },
        }),
      );
      const worker = await openApplication(loadConfig({ ...environment, DATABASE_URL: address }), { log });
      const watcher = await openApplication(loadConfig({ ...environment, DATABASE_URL: databaseUrl }), {
        log: pino({ level: 'silent' }),
      });
      try {
        await importDataset(openScenes({ seed: 1, train: 16, dev: 4 }), await worker.collection());
        const settings = {
          epochs: 6,
          batchImages: 8,
          minimumWordCount: 1,
          embeddingSize: 8,
          hiddenSize: 8,
          attentionSize: 8,
          validationImages: 2,
        };
        const { id } = await watcher.training.start({ settings });
        const epochs: number[] = [];
        let away: Promise<unknown> = Promise.resolve();
        const events = watcher.training.progress(id);
        await worker.training.work();
        for await (const event of events) {
          if (event.type !== 'epoch') continue;
          epochs.push(event.epoch.epoch);
          if (event.epoch.epoch === 1) {
            const refused = once(line, 'refused');
            line.break();
            away = refused.then(() => {
              line.mend();
            });
          }
          if (event.epoch.epoch === 3) {
            await away;
            expect(await watcher.training.find(id)).toMatchObject({ attempt: 1 });
            const stopped = once(heard, 'stopped');
            line.break();
            away = stopped.then(() => {
              line.mend();
            });
          }
        }
        await away;
        expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
        expect(await watcher.training.find(id)).toMatchObject({ state: 'SUCCEEDED', fruitlessAttempts: 0 });
        expect((await watcher.training.find(id)).attempt).toBeGreaterThanOrEqual(2);
      } finally {
        line.mend();
        await worker.close();
        await watcher.close();
        line.close();
        await rm(directory, { recursive: true });
      }
    }));
});

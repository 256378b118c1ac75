/**
 * A disk is filled by uploads, then wholly by another program; then there is room again, the server is killed, and
 * everything that it had acknowledged must be there.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { openStore } from '../../src/store/store.js';
import { openVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { writeCheckpoint } from '../../src/captioner/checkpoint.js';
import { untrainedCheckpoint } from '../captioner/untrained.js';
import { prepareDataFolder } from '../store/open-test-store.js';
import { sha256Of } from '../store/records.js';
import { type Acknowledged, type Refused, Server } from './server.js';
import type { SmallDisk } from './small-disk.js';

/** What stays free of the small disk. Half of it is for upkeep. */
const RESERVE = 12 * 2 ** 20;
/** What another program has on the disk, and removes at last. */
const BALLAST = 9 * 2 ** 20;
const UPLOADERS = 4;
/** So many uploads are refused before the disk counts as full. */
const REFUSALS = 12;
/** The server is asked in vain for so long while the disk has no byte free. */
const WHOLLY_FULL_MILLISECONDS = 1500;
/** Photos after there is room again. */
const PHOTOS_AGAIN = 4;
const PATIENCE_MILLISECONDS = 400_000;

export interface Round {
  readonly acknowledged: number;
  readonly refused: number;
  /** Longest time that /healthz did not answer, while the server was alive. */
  readonly healthGap: number;
  /** From the kill until the next server serves. */
  readonly restartMilliseconds: number;
  readonly faults: readonly string[];
}

/** A data folder with a captioner that writes for random weights, as `playRound` copies it. */
export async function prepareCollection(dataDirectory: string): Promise<void> {
  await prepareDataFolder(dataDirectory);
  const encoder = await openVgg16Encoder({ weights: 'random:1', precision: 'fp32', cacheDirectory: dataDirectory });
  const store = await openStore({ dataDirectory });
  try {
    const checkpoint = writeCheckpoint(untrainedCheckpoint(encoder.id), 'fp32');
    const { id } = await store.models.add({
      name: 'untrained',
      encoder: encoder.id,
      settings: {},
      checkpoint,
      checkpointSha256: sha256Of(checkpoint),
    });
    await store.models.makeCurrent(id);
  } finally {
    await encoder.close();
    await store.close();
  }
}

/** @param prepared what `prepareCollection` made; @param killAfter milliseconds after there was room again */
export async function playRound(disk: SmallDisk, prepared: string, killAfter: number): Promise<Round> {
  const dataDirectory = join(disk.folder, 'data');
  await cp(prepared, dataDirectory, { recursive: true });
  await disk.fill(BALLAST);
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    EKPHRASIS_DATA: dataDirectory,
    EKPHRASIS_CACHE: prepared,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    DISK_RESERVE_BYTES: String(RESERVE),
    LOG_LEVEL: 'fatal',
    PORT: '0',
  };
  delete environment['DATABASE_URL'];
  const faults: string[] = [];
  let server = await Server.start(environment);
  try {
    const healthGap = server.watchHealth();
    const uploads = new Uploads(server);
    await uploads.until(() => uploads.refused.length >= REFUSALS);
    await disk.fill();
    await wait(WHOLLY_FULL_MILLISECONDS);
    const beforeRoom = uploads.acknowledged.length;
    for (const photo of uploads.acknowledged.slice(0, 2)) {
      const missing = await server.missing(photo);
      if (missing !== undefined) faults.push(`${missing} cannot be read on a full disk`);
    }
    await disk.makeRoom();
    await uploads.until(() => uploads.acknowledged.length >= beforeRoom + PHOTOS_AGAIN);
    await wait(killAfter);
    const gap = await healthGap();
    if (!server.lives) faults.push('the server had ended');
    await uploads.stop(() => server.end('SIGKILL'));
    const killed = performance.now();
    server = await Server.start(environment);
    const restartMilliseconds = performance.now() - killed;
    for (const photo of uploads.acknowledged) {
      const missing = await server.missing(photo);
      if (missing !== undefined) faults.push(`${missing} was acknowledged and is lost`);
    }
    const others = uploads.refused.filter(({ code }) => code !== 'STORAGE_FAILED');
    faults.push(...others.map(({ code, message }) => `${code}: ${message}`));
    const code = await server.end('SIGTERM');
    if (code !== 0) faults.push(`the server ended with ${String(code)}`);
    const { acknowledged, refused } = uploads;
    return { acknowledged: acknowledged.length, refused: refused.length, healthGap: gap, restartMilliseconds, faults };
  } finally {
    await server.end('SIGKILL');
  }
}

/** Clients that send one photo after another. */
class Uploads {
  readonly acknowledged: Acknowledged[] = [];
  readonly refused: Refused[] = [];
  private readonly clients: Promise<void>[];
  private stopped = false;
  private photos = 0;

  constructor(private readonly server: Server) {
    this.clients = Array.from({ length: UPLOADERS }, () => this.send());
  }

  async until(condition: () => boolean): Promise<void> {
    const started = performance.now();
    while (!condition()) {
      if (performance.now() - started > PATIENCE_MILLISECONDS)
        throw new Error(
          `after ${this.acknowledged.length} photos and ${this.refused.length} refusals (${JSON.stringify(this.refused.at(-1))}) nothing goes on`,
        );
      await wait(20);
    }
  }

  /** @param end ends the server in the midst of the uploads: those that have no answer then were not acknowledged */
  async stop(end: () => Promise<unknown>): Promise<void> {
    this.stopped = true;
    await end();
    await Promise.all(this.clients);
  }

  private goesOn(): boolean {
    return !this.stopped;
  }

  private async send(): Promise<void> {
    while (this.goesOn()) {
      this.photos += 1;
      const name = `${this.photos}.jpg`;
      try {
        const answer = await this.server.upload(await photo(), name);
        if ('stored' in answer) this.acknowledged.push(answer.stored);
        else {
          this.refused.push(answer.refused);
          await wait(50);
        }
      } catch (error) {
        if (this.goesOn()) this.refused.push({ code: 'NO_ANSWER', message: String(error) });
      }
    }
  }
}

/** Noise, another each time, of some 300 kB, as of a camera. */
function photo(): Promise<Uint8Array> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  return sharp({ create: { width: 600, height: 480, channels: 3, background: 'grey', noise } })
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** The real server with some scenes, which can be stopped and started again at the same address. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type RunningServer, startServer } from '../../src/api/server/server.js';
import { type Application, openApplication } from '../../src/application.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { loadConfig } from '../../src/config.js';
import { openScenes, type SceneItem } from '../../src/datasets/scenes.js';
import { addUntrainedModel } from '../api/test-server.js';
import { addSearchModel } from '../collection/seeing.js';
import { prepareDataFolder } from '../store/open-test-store.js';

const SCENES = { seed: 1, train: 30, dev: 8 };

export interface StageOptions {
  readonly isEmpty?: boolean;
  readonly importRoot?: string;
}

export interface Stage {
  readonly application: Application;
  /** Of the page. */
  readonly origin: string;
  /** As a restart of the machine: the database is closed, and trainings go on afterwards. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param options.isEmpty without a photo, and without a model
 * @param options.importRoot the folder below which clients may add libraries
 */
export async function openStage({ isEmpty = false, importRoot }: StageOptions = {}): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-web-'));
  await prepareDataFolder(directory);
  const settings = {
    EKPHRASIS_DATA: directory,
    EKPHRASIS_CACHE: directory,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    ...(importRoot !== undefined && { IMPORT_ROOT: importRoot }),
  };
  let port = '0';
  const open = async () => {
    const application = await openApplication(loadConfig({ ...settings, PORT: port }), {
      log: pino({ level: 'silent' }),
    });
    const server = await startServer(application);
    port = new URL(server.url).port;
    return { application, server };
  };
  let running: { readonly application: Application; readonly server: RunningServer } | undefined = await open();
  const get = () => {
    if (!running) throw new Error('the server is stopped');
    return running;
  };
  const stop = async () => {
    const { server, application } = get();
    running = undefined;
    await server.close();
    await application.close();
  };
  if (!isEmpty) await fill(get().application);
  await get().application.work();
  return {
    get application() {
      return get().application;
    },
    origin: new URL(get().server.url).origin,
    stop,
    async start() {
      running = await open();
      await running.application.work();
    },
    async close() {
      if (running) await stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** Scenes with their captions, and models that were never trained: one that writes, one that searches. */
async function fill(application: Application): Promise<void> {
  const collection = await application.collection();
  const { id } = await addSearchModel(application.store, collection.inference.encoder.id, 1);
  await importDataset(openScenes(SCENES), collection);
  await application.store.models.makeCurrent(id);
  await addUntrainedModel(application);
}

/** Scenes that are in no collection. */
export async function newScenes(count: number): Promise<{ name: string; bytes: Uint8Array }[]> {
  const scenes: SceneItem[] = [];
  for await (const item of openScenes({ seed: 2, train: count, dev: 0 }).items) scenes.push(item);
  return Promise.all(scenes.map(async (item) => ({ name: item.name, bytes: await item.read() })));
}

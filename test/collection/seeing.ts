/** The real encoder, with random weights, and the real captioner, untrained, inside the test's own process. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Captioner } from '../../src/captioner/captioner.js';
import { readCheckpoint, writeCheckpoint } from '../../src/captioner/checkpoint.js';
import type { CollectionContext } from '../../src/collection/context.js';
import type { EncoderId } from '../../src/ids.js';
import { Trash } from '../../src/deletion/trash.js';
import { importGuard } from '../../src/deletion/usage.js';
import { writeSearchCheckpoint } from '../../src/joint-embedding/checkpoint.js';
import { SearchModel } from '../../src/joint-embedding/search-model.js';
import type { ModelRecord } from '../../src/store/models.js';
import type { Store } from '../../src/store/store.js';
import { CheckpointFiles } from '../../src/models/checkpoint-files.js';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { ThumbnailCache } from '../../src/store/thumbnail-cache.js';
import { renderHeif } from '../../src/vision/heif.js';
import { DEFAULT_PHOTO_LIMITS } from '../../src/vision/photo.js';
import { openVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { smallSearchCheckpoint } from '../joint-embedding/small-search-model.js';
import { openTestStore } from '../store/open-test-store.js';
import { sha256Of } from '../store/records.js';
import { FEW_WORDS, untrainedCheckpoint } from '../captioner/untrained.js';

export interface TestCollection extends CollectionContext {
  readonly store: Store;
  readonly directory: string;
  /** How many photos were encoded so far. */
  readonly encoded: () => number;
  close(): Promise<void>;
}

/** A collection with an empty store and a current model, in a folder of its own. */
export async function openTestCollection(): Promise<TestCollection> {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-collection-'));
  const [store, encoder] = await Promise.all([
    openTestStore(),
    openVgg16Encoder({ weights: 'random:1', precision: 'fp32', cacheDirectory: directory }),
  ]);
  const bytes = writeCheckpoint(untrainedCheckpoint(encoder.id), 'fp32');
  const model = await store.models.add({
    name: 'untrained',
    encoder: encoder.id,
    settings: {},
    checkpoint: bytes,
    checkpointSha256: sha256Of(bytes),
  });
  await store.models.makeCurrent(model.id);
  const captioner = Captioner.load(readCheckpoint(bytes));
  let encoded = 0;
  return {
    directory,
    store,
    regions: new RegionCache(new DerivedFiles(directory)),
    thumbnails: new ThumbnailCache(new DerivedFiles(directory)),
    guard: importGuard(store),
    trash: new Trash(store, 30),
    checkpoints: new CheckpointFiles(
      { written: join(directory, 'models'), shipped: join(directory, 'shipped') },
      store,
    ),
    inference: {
      encoder,
      encode(photos) {
        encoded += photos.length;
        return encoder.encode(photos);
      },
      render: (heif) => renderHeif(heif, DEFAULT_PHOTO_LIMITS),
      caption: (_, regions) => captioner.caption(regions, { beamWidth: 2, maximumLength: 4 }),
      embedTexts: async (checkpoint, texts) => withSearchModel(checkpoint, (model) => model.embedTexts(texts)),
      embedImages: async (checkpoint, regions) => withSearchModel(checkpoint, (model) => model.embedImages(regions)),
    },
    limits: { maximumBytes: 200_000, maximumPixels: 1_000_000 },
    encoded: () => encoded,
    async close() {
      await captioner.close();
      await encoder.close();
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function withSearchModel<Result>(path: string, use: (model: SearchModel) => Promise<Result>): Promise<Result> {
  const model = SearchModel.open(await readFile(path));
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

/** Adds a search model that was never trained, another for every seed. It is not current. */
export function addSearchModel(store: Pick<Store, 'models'>, encoder: EncoderId, seed: number): Promise<ModelRecord> {
  const checkpoint = smallSearchCheckpoint(encoder, FEW_WORDS.slice(4), seed);
  const { name, settings } = checkpoint.header;
  const bytes = writeSearchCheckpoint(checkpoint, 'fp32');
  return store.models.add({
    name,
    task: 'SEARCH',
    encoder,
    settings,
    checkpoint: bytes,
    checkpointSha256: sha256Of(bytes),
  });
}

/** A small picture, another for every number. */
export function picture(seed: number): Promise<Uint8Array> {
  const background = { r: (seed * 37) % 256, g: (seed * 91) % 256, b: (seed >> 2) % 256 };
  return sharp({ create: { width: 48 + (seed % 7), height: 32, channels: 3, background } })
    .png()
    .toBuffer();
}

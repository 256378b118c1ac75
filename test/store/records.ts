/** Records for tests of the store and of what is built on it. */
import { createHash } from 'node:crypto';
import type { DatasetId, EncoderId, ImageId, Sha256 } from '../../src/ids.js';
import type { NewImage } from '../../src/store/images.js';
import type { Split } from '../../src/splits.js';
import type { ModelRecord } from '../../src/store/models.js';
import type { Store } from '../../src/store/store.js';

export const ENCODER = 'vgg16-fp32-testtest-fill224' as EncoderId;

export function sha256Of(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

/** Not a picture, which the store does not mind. */
export function newImage(name: string): NewImage {
  const bytes = new TextEncoder().encode(name);
  return { sha256: sha256Of(bytes), mediaType: 'image/png', width: 4, height: 3, bytes, name };
}

/** Adds images to a data set, each with these captions of it. */
export async function addToDataset(
  store: Store,
  images: readonly NewImage[],
  {
    dataset = 'test',
    split = null,
    captions = [],
  }: { dataset?: string; split?: Split | null | undefined; captions?: readonly string[] } = {},
): Promise<{ readonly datasetId: DatasetId; readonly ids: readonly ImageId[] }> {
  const { id: datasetId } = await store.datasets.open({ name: dataset, origin: `/data/${dataset}`, format: 'folder' });
  const ids = (await store.images.add(images)).map(({ id }) => id);
  await store.datasetPhotos.put(
    datasetId,
    ids.map((imageId, index) => ({ imageId, path: images[index]?.name ?? '', split, captions })),
  );
  return { datasetId, ids };
}

/** Adds an image with these captions to the data set `test`. */
export async function addCaptioned(
  store: Store,
  name: string,
  captions: readonly string[],
  split?: Split,
): Promise<ImageId> {
  const [id] = (await addToDataset(store, [newImage(name)], { split, captions })).ids;
  if (id === undefined) throw new Error('nothing was added');
  return id;
}

/** What a training asks for before it is queued: a captioned photo to learn from, and one to measure with. */
export async function addTrainable(store: Store): Promise<void> {
  await addCaptioned(store, 'to learn from', ['a dog runs'], 'train');
  await addCaptioned(store, 'to measure with', ['a dog sits'], 'dev');
}

/** Of no data set. */
export const NO_DATASET = '00000000-0000-7000-8000-00000000dada' as DatasetId;

export function addModel(store: Store, name = 'a model'): Promise<ModelRecord> {
  return store.models.add({
    name,
    encoder: ENCODER,
    settings: { hiddenSize: 8 },
    checkpoint: new TextEncoder().encode(name),
    checkpointSha256: sha256Of(name),
  });
}

/** A unit vector [512] that points along an axis, leaning by `lean` towards the next. */
export function direction(axis: number, lean = 0): Float32Array {
  const vector = new Float32Array(512);
  vector[axis] = Math.cos(lean);
  vector[axis + 1] = Math.sin(lean);
  return vector;
}

/** Records for tests of the store and of what is built on it. */
import { createHash } from 'node:crypto';
import type { EncoderId, ImageId, Sha256 } from '../../src/ids.js';
import type { NewImage, Split } from '../../src/store/images.js';
import type { ModelRecord } from '../../src/store/models.js';
import type { Store } from '../../src/store/store.js';

export const ENCODER = 'vgg16-fp32-testtest-fill224' as EncoderId;

export function sha256Of(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

/** Not a picture, which the store does not mind. */
export function newImage(name: string, options: { dataset?: string; split?: Split } = {}): NewImage {
  const bytes = new TextEncoder().encode(name);
  return { sha256: sha256Of(bytes), mediaType: 'image/png', width: 4, height: 3, bytes, name, ...options };
}

/** Adds an image with these reference captions. */
export async function addCaptioned(store: Store, name: string, captions: readonly string[], split?: Split): Promise<ImageId> {
  const [added] = await store.images.add([newImage(name, { dataset: 'test', split })]);
  if (!added) throw new Error('nothing was added');
  await store.captions.addReferences(captions.map((text, position) => ({ imageId: added.id, text, position, source: 'test' })));
  return added.id;
}

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

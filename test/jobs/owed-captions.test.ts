/** Photos that were stored to be captioned by a process that is gone. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { addPhoto } from '../../src/collection/caption-photo.js';
import type { ImageId } from '../../src/ids.js';
import { addUntrainedModel, openTestServer, type TestServer } from '../api/test-server.js';
import { picture } from '../collection/seeing.js';
import { sha256Of } from '../store/records.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

/** As it lies in the collection when the process ends right behind its storing. */
async function storeUpload(seed: number): Promise<ImageId> {
  const bytes = await picture(seed);
  const photo = { sha256: sha256Of(bytes), mediaType: 'image/png', width: 32, height: 32, bytes, name: `${seed}.png` };
  const [added] = await server.application.store.images.add([{ ...photo, uploaded: true, owesCaption: true }]);
  if (!added) throw new Error('the photo was not stored');
  return added.id;
}

test('photos whose process is gone are captioned and found; what another writes right now is left to it, and nobody asked for the others', async () => {
  const { application } = server;
  const { store } = application;
  const model = await addUntrainedModel(application);
  const [lost, captioned, fresh] = [await storeUpload(1), await storeUpload(2), await storeUpload(3)];
  await application.captionStored([captioned], model);
  const { image: unasked } = await addPhoto({ bytes: await picture(4), name: '4.png' }, await application.collection());
  await store.executeSql(`UPDATE "OwedCaption" SET "since" = now() - interval '1 day' WHERE "imageId" <> $1::uuid`, [
    fresh,
  ]);

  await application.work({ kinds: ['caption'] });
  await vi.waitFor(
    async () => {
      expect((await store.captions.generatedOf([lost])).get(lost)).toHaveLength(1);
    },
    { timeout: 60_000, interval: 50 },
  );
  const { items: jobs } = await store.jobs.list({ limit: 10 });
  expect(jobs).toMatchObject([{ kind: 'caption', settings: { modelId: model.id, onlyOwed: true } }]);
  const ends = [];
  for (const { id } of jobs)
    for await (const { state, total } of application.jobs.progress(id)) ends.push({ state, total });
  expect(ends.at(-1)).toEqual({ state: 'SUCCEEDED', total: 1 });
  const encoder = (await application.collection()).inference.encoder.id;
  expect(await store.features.having([lost], encoder)).toEqual(new Set([lost]));
  const written = await store.captions.generatedOf([lost, captioned, fresh, unasked.id]);
  expect([...written.keys()].sort()).toEqual([lost, captioned].sort());
  const { rows } = await store.executeSql('SELECT "imageId" FROM "OwedCaption"', []);
  expect(rows).toEqual([{ imageId: fresh }]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageId } from '../../src/ids.js';
import { picture } from '../collection/seeing.js';
import { addToDataset, newImage } from '../store/records.js';
import { captionImage, refusal } from './client.js';
import { addUntrainedModel, openTestServer, type TestServer } from './test-server.js';

const DELETE_IMAGES =
  'mutation ($ids: [ID!]!, $confirm: Boolean!) { deleteImages(input: { ids: $ids, confirm: $confirm }) { images notThere generatedCaptions } }';
const DELETE_MODEL =
  'mutation ($id: ID!, $confirm: Boolean!) { deleteModel(input: { id: $id, confirm: $confirm }) { id name captions evaluations } }';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await addUntrainedModel(server.application);
});
afterAll(() => server.close());

test('deleted photos are gone with their captions, files and small copies; others stay', async () => {
  const [gone, kept] = [await captionImage(server, await picture(1)), await captionImage(server, await picture(2))];
  const { application } = server;
  const { store } = application;
  const record = await store.images.find(gone.id as ImageId);
  if (!record) throw new Error('the photo was not stored');
  await application.thumbnail(record, 320);
  const { regions, inference } = await application.collection();
  expect(await regions.read(inference.encoder, record.sha256)).toBeDefined();
  expect((await refusal(server, DELETE_IMAGES, { ids: [gone.id], confirm: false })).code).toBe('BAD_USER_INPUT');
  const { data } = await server.query(DELETE_IMAGES, { ids: [gone.id, gone.id, 'unknown'], confirm: true });
  expect(data).toEqual({ deleteImages: { images: 1, notThere: 1, generatedCaptions: 1 } });
  expect(await regions.read(inference.encoder, record.sha256)).toBeUndefined();
  expect(await application.thumbnail(record, 320)).toBeUndefined();
  expect((await store.images.list({ limit: 9 })).items.map(({ id }) => id)).toEqual([kept.id]);
});

test('what was deleted is listed and brought back, and the trash emptied', async () => {
  const { id, text } = await captionImage(server, await picture(4));
  const deletion = 'mutation ($ids: [ID!]!) { deleteImages(input: { ids: $ids, confirm: true }) { trashId } }';
  const { data } = await server.query(deletion, { ids: [id] });
  const { trashId } = (data as { deleteImages: { trashId: string } }).deleteImages;
  const list = '{ trash { id kind name images captions bytes deletedAt expiresAt } }';
  expect((await server.query(list)).data?.['trash']).toContainEqual(
    expect.objectContaining({ id: trashId, kind: 'IMAGES', images: 1, captions: 1 }),
  );
  const restore = 'mutation ($id: ID!) { restoreFromTrash(input: { id: $id }) { images captions leftOut } }';
  expect((await server.query(restore, { id: trashId })).data).toEqual({
    restoreFromTrash: { images: 1, captions: 1, leftOut: 0 },
  });
  const image = 'query ($id: ID!) { image(id: $id) { generatedCaptions { text } } }';
  expect((await server.query(image, { id })).data).toEqual({ image: { generatedCaptions: [{ text }] } });
  // What was removed with it is seen again.
  const candidates = 'query ($id: ID!) { image(id: $id) { candidates(first: 1) { text } } }';
  expect((await server.query(candidates, { id })).data).toMatchObject({ image: { candidates: [{}] } });
  await server.query(deletion, { ids: [id] });
  expect((await refusal(server, 'mutation { emptyTrash(input: { confirm: false }) }')).code).toBe('BAD_USER_INPUT');
  expect(
    (await server.query('mutation { emptyTrash(input: { confirm: true }) }')).data?.['emptyTrash'],
  ).toBeGreaterThan(0);
  expect((await server.query(list)).data).toEqual({ trash: [] });
});

test('photos are not deleted under an import of them, which is named; those of others are', async () => {
  const { jobs, images } = server.application.store;
  const { ids } = await addToDataset(server.application.store, [newImage('imported')], { dataset: 'imported' });
  const { id } = await captionImage(server, await picture(3));
  const job = await jobs.create({ kind: 'import', settings: { path: '/data/imported' } });
  await jobs.begin(job.id);
  const { code, message } = await refusal(server, DELETE_IMAGES, { ids: [id, ...ids], confirm: true });
  expect(code).toBe('CONFLICT');
  expect(message).toContain(job.id);
  expect(await images.find(id as ImageId)).toBeDefined();
  expect((await server.query(DELETE_IMAGES, { ids: [id], confirm: true })).data).toMatchObject({
    deleteImages: { images: 1 },
  });
  await jobs.end(job.id, { state: 'CANCELLED' });
  expect((await server.query(DELETE_IMAGES, { ids, confirm: true })).data).toMatchObject({
    deleteImages: { images: 1 },
  });
});

test('a model is deleted once another is in use and no job needs it', async () => {
  const { store } = server.application;
  const before = await store.models.current();
  if (!before) throw new Error('there is no model');
  expect((await refusal(server, DELETE_MODEL, { id: before.id, confirm: true })).message).toContain('in use');
  await addUntrainedModel(server.application);
  const job = await store.jobs.create({ kind: 'evaluate', settings: { modelId: before.id, split: 'dev' } });
  expect((await refusal(server, DELETE_MODEL, { id: before.id, confirm: true })).message).toContain(job.id);
  await store.jobs.end(job.id, { state: 'CANCELLED' });
  expect((await refusal(server, DELETE_MODEL, { id: before.id, confirm: false })).code).toBe('BAD_USER_INPUT');
  const dependents = 'query ($id: ID!) { model(id: $id) { dependents { captions ratings embeddings evaluations } } }';
  expect((await server.query(dependents, { id: before.id })).data).toEqual({
    model: { dependents: { captions: 1, ratings: 0, embeddings: 0, evaluations: 0 } },
  });
  expect((await server.query(dependents, { id: 'none' })).data).toEqual({ model: null });
  const { data } = await server.query(DELETE_MODEL, { id: before.id, confirm: true });
  expect(data).toEqual({ deleteModel: { id: before.id, name: 'untrained', captions: 1, evaluations: 0 } });
  expect((await refusal(server, DELETE_MODEL, { id: before.id, confirm: true })).code).toBe('NOT_FOUND');
  // The file is shared with the one in use, which still writes.
  expect((await captionImage(server, await picture(4))).text).not.toBe('');
});

test('a model of the program stays', async () => {
  const shipped = (await server.application.store.models.list({ limit: 50 })).items.find(
    (model) => model.shipped && !model.current,
  );
  if (!shipped) throw new Error('there is no shipped model');
  const { code, message } = await refusal(server, DELETE_MODEL, { id: shipped.id, confirm: true });
  expect(code).toBe('CONFLICT');
  expect(message).toContain('comes with the program');
});

import { EventEmitter, once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EncoderId, ImageId, TrainingJobId } from '../../src/ids.js';
import type { Store } from '../../src/store/store.js';
import type { TrainingEpochRecord } from '../../src/store/training-jobs.js';
import { openTestStore } from './open-test-store.js';
import { addCaptioned, addModel, ENCODER, sha256Of } from './records.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const UNKNOWN = '00000000-0000-7000-8000-000000000000';

test('reference captions come back in their order and are not added twice', async () => {
  const captions = ['a dog runs', 'a brown dog on grass', 'the dog'];
  const id = await addCaptioned(store, 'references', captions, 'train');
  await addCaptioned(store, 'references', captions, 'train');
  expect((await store.captions.referencesOf([id])).get(id)?.map(({ text }) => text)).toEqual(captions);
});

test('a generated caption keeps its words and where they looked, and replaces what the model wrote before', async () => {
  const imageId = await addCaptioned(store, 'generated', []);
  const model = await addModel(store, 'writer');
  const looking = (place: number) =>
    Float32Array.from({ length: 49 }, (_, index) => (index === place ? 0.5 : 0.5 / 48));
  const words = [
    { word: 'a', probability: 0.75, attention: looking(3) },
    { word: 'dog', probability: 0.5, attention: looking(48) },
  ];
  await store.captions.putGenerated({ imageId, modelId: model.id, text: 'old', words: [], logProbability: -9 });
  await store.captions.putGenerated({ imageId, modelId: model.id, text: 'a dog', words, logProbability: -1.5 });
  const found = (await store.captions.generatedOf([imageId])).get(imageId) ?? [];
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ text: 'a dog', logProbability: -1.5, modelId: model.id });
  found[0]?.words.forEach(({ word, probability, attention }, index) => {
    expect({ word, probability }).toEqual({ word: words[index]?.word, probability: words[index]?.probability });
    attention.forEach((weight, place) => {
      expect(weight).toBeCloseTo(words[index]?.attention[place] ?? NaN, 3);
    });
  });
});

test('photos with captions are read split by split', async () => {
  await addCaptioned(store, 'dev photo', ['one', 'two'], 'dev');
  await addCaptioned(store, 'dev photo without captions', [], 'dev');
  const found = [];
  for await (const image of store.captions.captioned(['dev'])) found.push(image);
  expect(found).toMatchObject([{ name: 'dev photo', split: 'dev', captions: ['one', 'two'] }]);
});

test('a feature comes back as it was stored, and a second one of the encoder replaces it', async () => {
  const imageId = await addCaptioned(store, 'feature', []);
  const vectors = fc.float32Array({ minLength: 512, maxLength: 512, noNaN: true, noDefaultInfinity: true });
  await fc.assert(
    fc.asyncProperty(vectors, async (vector) => {
      await store.features.put([{ imageId, encoder: ENCODER, vector }]);
      // Postgres writes -0 as it is, so the comparison is of numbers.
      expect([...((await store.features.find(imageId, ENCODER)) ?? [])].map((x) => x + 0)).toEqual(
        [...vector].map((x) => x + 0),
      );
    }),
    { numRuns: 10 },
  );
  expect(await store.features.having([imageId, UNKNOWN as ImageId], ENCODER)).toEqual(new Set([imageId]));
  expect(await store.features.having([imageId], 'other' as EncoderId)).toEqual(new Set());
});

test('one model is current at a time; the shipped one becomes so only where none is', async () => {
  const shipped = { name: 'shipped', encoder: ENCODER, settings: {}, checkpointSha256: sha256Of('shipped') };
  const first = await store.models.addShipped(shipped);
  expect(first).toMatchObject({ shipped: true, current: true });
  const trained = await addModel(store, 'trained');
  await store.models.makeCurrent(trained.id);
  const again = await store.models.addShipped(shipped);
  expect(again).toMatchObject({ id: first.id, current: false });
  expect(await store.models.current()).toMatchObject({ id: trained.id });
});

test('the model of a newer release takes the place of the older one', async () => {
  const release = (name: string) => ({ name, encoder: ENCODER, settings: {}, checkpointSha256: sha256Of(name) });
  const own = await openTestStore();
  const old = await own.models.addShipped(release('old'));
  const fresh = await own.models.addShipped(release('fresh'));
  expect(fresh.current).toBe(true);
  expect(await own.models.addShipped(release('old'))).toMatchObject({ id: old.id, current: false });
  // Unless somebody wants the older one back.
  await own.models.makeCurrent(old.id);
  expect(await own.models.addShipped(release('fresh'))).toMatchObject({ id: fresh.id, current: false });
  await own.close();
});

test('a job goes from queue to end once, whoever asks', async () => {
  const { id } = await store.trainingJobs.create({ settings: { epochs: 2 }, seed: 7, engine: 'onnx' });
  const begun = await store.trainingJobs.begin(id);
  expect(begun).toMatchObject({ state: 'RUNNING', attempt: 1, settings: { epochs: 2 }, seed: 7 });
  expect(await store.trainingJobs.begin(id)).toBeUndefined();
  expect(await store.trainingJobs.update(id, 1, { device: 'cpu', progress: { step: 3 } })).toBe(true);
  expect(await store.trainingJobs.end(id, { state: 'CANCELLED' })).toMatchObject({
    state: 'CANCELLED',
    progress: { step: 3 },
  });
  expect(await store.trainingJobs.end(id, { state: 'SUCCEEDED' }, 1)).toBeUndefined();
  expect(await store.trainingJobs.update(id, 1)).toBe(false);
  expect(await store.trainingJobs.find('no id' as TrainingJobId)).toBeUndefined();
});

test('epochs are kept once each, and those of an attempt that was taken over are refused', async () => {
  const { id: jobId } = await store.trainingJobs.create({ settings: {}, seed: 1, engine: 'onnx' });
  await store.trainingJobs.begin(jobId);
  const epoch = (number: number, loss: number): TrainingEpochRecord => ({
    jobId,
    epoch: number,
    loss,
    learningRate: 1e-3,
    seconds: 2,
    validationSeconds: 1,
    imagesPerSecond: 50,
    secondsLeft: 4,
    bleu: [0.6, 0.4, 0.3, 0.2],
    cider: 0.5,
    reward: null,
    retrieval: null,
    best: true,
    samples: [{ image: 'x.jpg', caption: 'a dog' }],
  });
  expect(await store.trainingJobs.putEpoch(epoch(1, 5), 1)).toBe(true);
  expect(await store.trainingJobs.putEpoch(epoch(1, 4), 1)).toBe(true);
  await store.trainingJobs.begin(jobId, ['RUNNING']);
  expect(await store.trainingJobs.putEpoch(epoch(2, 9), 1)).toBe(false);
  expect(await store.trainingJobs.putEpoch(epoch(2, 3), 2)).toBe(true);
  expect(await store.trainingJobs.epochs(jobId)).toEqual([epoch(1, 4), epoch(2, 3)]);
  expect(await store.trainingJobs.epochs(jobId, 1)).toEqual([epoch(2, 3)]);
});

test('the newest evaluation of a model on a split is found', async () => {
  const model = await addModel(store, 'evaluated');
  const evaluation = { modelId: model.id, split: 'dev', images: 10, brevityPenalty: 1, signature: 's' } as const;
  await store.evaluations.add({ ...evaluation, figures: { bleu1: 0.5, cider: 0.1 + 0.2 } });
  await new Promise((resolve) => setTimeout(resolve, 2));
  await store.evaluations.add({ ...evaluation, figures: { bleu1: 0.6, cider: 0.1 + 0.2 } });
  expect(await store.evaluations.latest({ modelId: model.id, split: 'dev' })).toMatchObject({
    ...evaluation,
    figures: { bleu1: 0.6, cider: 0.1 + 0.2 },
  });
  expect(await store.evaluations.latest({ modelId: model.id, split: 'test' })).toBeUndefined();
});

test('what is said on a channel is heard until one stops listening', async () => {
  const heard: string[] = [];
  const stop = await store.listen('training_progress', (payload) => heard.push(payload));
  const arrived = new EventEmitter();
  await store.listen('training_progress', (payload) => arrived.emit(payload));
  await Promise.all([once(arrived, 'one'), store.notify('training_progress', 'one')]);
  await stop();
  await store.notify('training_progress', 'two');
  await store.executeSql('SELECT 1');
  expect(heard).toEqual(['one']);
});

test('SQL without values may be several statements; the one with rows answers', async () => {
  const statements = 'CREATE TEMP TABLE scratch (n INT); INSERT INTO scratch VALUES (1), (2); SELECT n FROM scratch';
  const { rows } = await store.executeSql(statements);
  expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
  expect((await store.executeSql('SELECT $1::int + 1 AS n', [41])).rows).toEqual([{ n: 42 }]);
});

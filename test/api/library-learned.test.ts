/** What people say of a library's photos, in other programs too, is learned from; photos that are missing are left out. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import { correctCaption } from '../../src/collection/people-captions.js';
import type { ImageId, LibraryId, ModelId, TrainingJobId } from '../../src/ids.js';
import { makeLibraryFolder, type LibraryFolder } from '../libraries/library-folder.js';
import { exiftool, hasPerl } from '../metadata/exiftool.js';
import { drawnPicture } from '../vision/pictures.js';
import { ask } from './client.js';
import { openTestServer, type TestServer } from './test-server.js';

const PHOTOS = 12;
const SETTINGS = {
  embeddingSize: 12,
  hiddenSize: 16,
  attentionSize: 8,
  batchImages: 4,
  epochs: 1,
  mirror: false,
  dropout: 0,
};

let folder: LibraryFolder;
let server: TestServer;
let library: LibraryId;
let ids: ImageId[];
beforeAll(async () => {
  folder = await makeLibraryFolder();
  for (let seed = 0; seed < PHOTOS; seed += 1)
    await folder.write(
      `${seed}.jpg`,
      await sharp(await drawnPicture(seed + 1, 48, 32))
        .jpeg()
        .toBuffer(),
    );
  server = await openTestServer();
  const { application } = server;
  ({ id: library } = await application.libraries.add(folder.root));
  await application.scanLibrary(library);
  await application.training.work();
  ids = await application.store.images.idsAfter(undefined, PHOTOS);
  for (const [index, imageId] of ids.entries())
    await correctCaption({ imageId, text: `a harbour with ${index} boats` }, application.store);
});
afterAll(async () => {
  await server.close();
  await folder.remove();
});

const jobSchema = z.object({
  trainingJob: z.object({
    state: z.string(),
    notes: z.array(z.string()),
    error: z.object({ message: z.string() }).nullable(),
    started: z.object({ imageCount: z.number() }).nullable(),
    model: z.object({ id: z.string() }).nullable(),
  }),
});

/** Trains to the end. */
async function train(): Promise<z.infer<typeof jobSchema>['trainingJob']> {
  const schema = z.object({ startTraining: z.object({ id: z.string() }) });
  const start = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
  const { startTraining } = await ask(server, schema, start, { input: SETTINGS });
  for await (const event of server.application.training.progress(startTraining.id as TrainingJobId)) void event;
  const query = `query ($id: ID!) { trainingJob(id: $id) { state notes error { message } started { imageCount } model { id } } }`;
  return (await ask(server, jobSchema, query, { id: startTraining.id })).trainingJob;
}

test.runIf(hasPerl)(
  'words that go out in XMP, and are changed in another program, are learned when they come back',
  async () => {
    const { application } = server;
    const { store } = application;
    const wish = { field: 'altText', reviewed: true, dryRun: false } as const;
    // Half of the photos have their words in themselves, half beside them.
    expect(await application.exportXmp({ ...wish, into: 'sidecar' })).toMatchObject({ written: PHOTOS, failed: 0 });
    for (let index = 0; index < PHOTOS / 2; index += 1) await rm(join(folder.root, `${index}.jpg.xmp`));
    await application.scanLibrary(library);
    expect(await application.exportXmp({ ...wish, into: 'photo' })).toMatchObject({ failed: 0 });
    const carrierOf = (index: number) => join(folder.root, index < PHOTOS / 2 ? `${index}.jpg` : `${index}.jpg.xmp`);
    const carriers = Array.from({ length: PHOTOS }, (_, index) => carrierOf(index));
    const told = exiftool('-s3', '-q', '-XMP-iptcCore:AltTextAccessibility', ...carriers);
    expect(told.trim().split('\n').sort()).toEqual(
      Array.from({ length: PHOTOS }, (_, index) => `a harbour with ${index} boats`).sort(),
    );
    exiftool('-overwrite_original', '-XMP-iptcCore:AltTextAccessibility=a zeppelin over the boats', ...carriers);
    const report = await application.scanLibrary(library);
    expect(report).toMatchObject({ retold: PHOTOS, added: 0, changed: 0, deletedPhotos: 0 });
    expect(await store.images.idsAfter(undefined, PHOTOS + 1)).toEqual(ids);
    const adopt = 'mutation ($ids: [ID!]!) { adoptFileCaptions(input: { imageIds: $ids }) { adopted } }';
    const adopted = z.object({ adoptFileCaptions: z.object({ adopted: z.number() }) });
    expect((await ask(server, adopted, adopt, { ids })).adoptFileCaptions.adopted).toBe(PHOTOS);
    // What the person wrote here stays beside it.
    const [first] = [...(await store.captions.referencesOf(ids.slice(0, 1))).values()];
    expect(first?.map(({ text }) => text).sort()).toEqual([
      expect.stringMatching(/^a harbour/) as string,
      expect.stringMatching(/^a zeppelin/) as string,
    ]);

    const { state, model, notes, error } = await train();
    expect({ state, notes, error }).toEqual({ state: 'SUCCEEDED', notes: [], error: null });
    const checkpoint = await store.models.readCheckpoint((model?.id ?? '') as ModelId);
    expect(readCheckpoint(checkpoint ?? new Uint8Array()).header.vocabulary).toEqual(
      expect.arrayContaining(['zeppelin', 'harbour']),
    );
  },
);

test('photos that are missing are left out of trainings and evaluations, which say so', async () => {
  const { application } = server;
  const { store } = application;
  const measured: { readonly name: string; readonly split: string }[] = [];
  for await (const photo of store.captions.captioned(['train', 'dev'])) measured.push(photo);
  const goneOf = (split: string) => measured.filter((photo) => photo.split === split).slice(0, 1);
  const gone = [...goneOf('train'), ...goneOf('dev')];
  expect(gone).toHaveLength(2);
  for (const { name } of gone) await rm(join(folder.root, name));
  // One is known to be missing, one went after the scan.
  await application.scanLibrary(library);
  const last = measured.findLast(({ split }) => split === 'train');
  await rm(join(folder.root, last?.name ?? ''));
  // What was seen in them is kept, and learned from.
  expect(await train()).toMatchObject({ state: 'SUCCEEDED', notes: [] });
  await rm(join(application.config.dataDirectory, 'cache', 'regions'), { recursive: true });
  const { state, notes, started } = await train();
  expect({ state, notes }).toEqual({
    state: 'SUCCEEDED',
    notes: [expect.stringMatching(/^3 photos with captions were left out: their files in libraries are missing/)],
  });
  expect(started?.imageCount).toBe(measured.filter(({ split }) => split === 'train').length - 2);
  await rm(join(application.config.dataDirectory, 'cache', 'regions'), { recursive: true });
  const { evaluation } = await application.evaluate({ split: 'dev' });
  expect(evaluation.images).toBe(measured.filter(({ split }) => split === 'dev').length - 1);
  const report = z.object({ bleuReport: z.object({ images: z.number(), leftOut: z.number() }) });
  expect((await ask(server, report, '{ bleuReport(split: DEV) { images leftOut } }')).bleuReport).toEqual({
    images: evaluation.images,
    leftOut: 1,
  });
});

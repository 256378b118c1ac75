/** What photos' files say, as clients find and see it; and that nothing learns from it before a person says so. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ImageId, JobId } from '../../src/ids.js';
import { drawnPicture } from '../vision/pictures.js';
import { ask, captionImage, refusal } from './client.js';
import { addUntrainedModel, openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
let folder: string;
const ids = new Map<string, string>();

const xmp = (inside: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" xmlns:exif="http://ns.adobe.com/exif/1.0/">${inside}</rdf:Description></rdf:RDF></x:xmpmeta>`;
const altText = (text: string) =>
  `<Iptc4xmpCore:AltTextAccessibility><rdf:Alt><rdf:li xml:lang="x-default">${text}</rdf:li><rdf:li xml:lang="de">${text}</rdf:li></rdf:Alt></Iptc4xmpCore:AltTextAccessibility>`;

beforeAll(async () => {
  server = await openTestServer();
  await addUntrainedModel(server.application);
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-own-words-'));
  await mkdir(join(folder, 'Summer_2021'));
  const write = async (name: string, seed: number, sidecar: string | undefined, said: string) => {
    const bytes = await sharp(await drawnPicture(seed, 64, 48))
      .jpeg()
      .withXmp(xmp(said))
      .toBuffer();
    await writeFile(join(folder, name), bytes);
    if (sidecar !== undefined) await writeFile(join(folder, sidecar), xmp(altText('Zwei Zebras am Wasserloch')));
  };
  await write(
    'Summer_2021/DSC_0001.jpg',
    5,
    undefined,
    '<xmp:Rating>5</xmp:Rating><exif:DateTimeOriginal>2021-07-01T10:00:00+02:00</exif:DateTimeOriginal><dc:subject><rdf:Bag><rdf:li>Safari</rdf:li></rdf:Bag></dc:subject><dc:description>Photo by Jane Doe, a giraffe eats</dc:description>',
  );
  await write(
    'old.jpg',
    6,
    'old.xmp',
    '<xmp:Rating>2</xmp:Rating><exif:DateTimeOriginal>1999-01-01T00:00:00Z</exif:DateTimeOriginal>',
  );
  await write('plain.jpg', 7, 'plain.JPG.XMP', '');
  await server.application.importDataset(folder);
  const { store } = server.application;
  const page = await store.images.list({ limit: 10 });
  for (const { name, id } of page.items) ids.set(name, id);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const found = z.object({
  searchImages: z.object({
    edges: z.array(
      z.object({ node: z.object({ caption: z.string().nullable(), image: z.object({ name: z.string() }) }) }),
    ),
  }),
});
const search = async (text: string, filter = '') =>
  (
    await ask(
      server,
      found,
      `query ($text: String!) { searchImages(text: $text, mode: TEXT, exact: true, filter: { ${filter} }) { edges { node { caption image { name } } } } }`,
      { text },
    )
  ).searchImages.edges.map(({ node }) => [node.image.name, node.caption]);
const listed = z.object({
  images: z.object({
    totalCount: z.number(),
    edges: z.array(z.object({ cursor: z.string(), node: z.object({ name: z.string() }) })),
  }),
});
const list = async (filter: string) => {
  const { images } = await ask(server, listed, `{ images(${filter}) { totalCount edges { cursor node { name } } } }`);
  expect(images.totalCount).toBeGreaterThanOrEqual(images.edges.length);
  return images.edges.map(({ node }) => node.name);
};

test('an image tells what its file and its sidecar say', async () => {
  const schema = z.object({ image: z.object({ metadata: z.unknown(), altText: z.unknown() }) });
  const query = `query ($id: ID!) { image(id: $id) { altText { text origin confidence }
    metadata { takenAt takenAtOffset camera keywords rating title captions { field language text } } } }`;
  const first = await ask(server, schema, query, { id: ids.get('DSC_0001.jpg') });
  expect(first.image).toEqual({
    altText: { text: 'Photo by Jane Doe, a giraffe eats', origin: 'FILE', confidence: 1 },
    metadata: {
      takenAt: '2021-07-01T08:00:00.000Z',
      takenAtOffset: 120,
      camera: null,
      keywords: ['Safari'],
      rating: 5,
      title: null,
      captions: [{ field: 'DESCRIPTION', language: null, text: 'Photo by Jane Doe, a giraffe eats' }],
    },
  });
  for (const name of ['old.jpg', 'plain.jpg']) {
    const { image } = await ask(server, schema, query, { id: ids.get(name) });
    expect(image).toMatchObject({
      metadata: { captions: [{ field: 'ALT_TEXT', language: 'de', text: 'Zwei Zebras am Wasserloch' }] },
    });
  }
});

test('searches find captions, keywords, and names of files and folders', async () => {
  expect(await search('giraffes')).toEqual([['DSC_0001.jpg', 'Photo by Jane Doe, a giraffe eats']]);
  expect(await search('Wasserloch')).toHaveLength(2);
  expect(await search('safari')).toEqual([['DSC_0001.jpg', 'Safari']]);
  expect(await search('summer 2021')).toEqual([['DSC_0001.jpg', 'Summer 2021 DSC 0001']]);
  expect(await search('old', 'ratedAtLeast: 2')).toEqual([['old.jpg', 'old']]);
  expect(await search('wasserloch', 'takenBefore: "2000-01-01T00:00:00Z"')).toEqual([
    ['old.jpg', 'Zwei Zebras am Wasserloch'],
  ]);
});

test('lists are filtered and ordered by what files say', async () => {
  expect(await list('filter: { keyword: "sAFARI" }')).toEqual(['DSC_0001.jpg']);
  expect(await list('filter: { ratedAtLeast: 5 }')).toEqual(['DSC_0001.jpg']);
  expect(await list('filter: { takenFrom: "2021-07-01T08:00:00Z", takenBefore: "2021-07-02T00:00:00Z" }')).toEqual([
    'DSC_0001.jpg',
  ]);
  expect(await list('orderBy: TAKEN')).toEqual(['DSC_0001.jpg', 'old.jpg', 'plain.jpg']);
  expect(await list('orderBy: RATED')).toEqual(['DSC_0001.jpg', 'old.jpg', 'plain.jpg']);
  const pages: string[] = [];
  let after = 'null';
  for (let page = 0; page < 4; page += 1) {
    const { images } = await ask(
      server,
      listed,
      `{ images(first: 1, orderBy: TAKEN, after: ${after}) { totalCount edges { cursor node { name } } } }`,
    );
    pages.push(...images.edges.map(({ node }) => node.name));
    after = JSON.stringify(images.edges[0]?.cursor ?? null);
    if (images.edges.length === 0) break;
  }
  expect(pages).toEqual(['DSC_0001.jpg', 'old.jpg', 'plain.jpg']);
});

describe('nothing learns from a file', () => {
  const trained = async () => {
    const captions: string[] = [];
    for await (const photo of server.application.store.captions.captioned(['train', 'dev', 'test']))
      captions.push(...photo.captions);
    return captions;
  };
  const ADOPT = `mutation ($imageIds: [ID!], $dataset: String, $field: FileCaptionField) {
    adoptFileCaptions(input: { imageIds: $imageIds, dataset: $dataset, field: $field }) { adopted without } }`;
  const adoptedSchema = z.object({ adoptFileCaptions: z.object({ adopted: z.number(), without: z.number() }) });

  test('until a person adopts its caption, and takes it back', async () => {
    expect(await trained()).toEqual([]);
    expect(await list('filter: { hasPersonCaption: true }')).toEqual([]);
    const variables = { imageIds: [ids.get('DSC_0001.jpg')] };
    expect(await ask(server, adoptedSchema, ADOPT, variables)).toEqual({
      adoptFileCaptions: { adopted: 1, without: 0 },
    });
    expect(await ask(server, adoptedSchema, ADOPT, variables)).toEqual({
      adoptFileCaptions: { adopted: 1, without: 0 },
    });
    expect(await trained()).toEqual(['Photo by Jane Doe, a giraffe eats']);
    const { image } = await ask(
      server,
      z.object({ image: z.object({ referenceCaptions: z.array(z.object({ id: z.string(), origin: z.string() })) }) }),
      'query ($id: ID!) { image(id: $id) { referenceCaptions { id origin } } }',
      { id: ids.get('DSC_0001.jpg') },
    );
    expect(image.referenceCaptions).toMatchObject([{ origin: 'ADOPTED' }]);
    await ask(server, z.unknown(), 'mutation ($id: ID!) { removeCaption(input: { captionId: $id }) }', {
      id: image.referenceCaptions[0]?.id,
    });
    expect(await trained()).toEqual([]);
  });

  test('of a data set at once, of one field', async () => {
    const [dataset] = await server.application.store.datasets.list();
    const answer = await ask(server, adoptedSchema, ADOPT, { dataset: dataset?.id, field: 'ALT_TEXT' });
    expect(answer).toEqual({ adoptFileCaptions: { adopted: 2, without: 1 } });
    expect(await trained()).toEqual(['Zwei Zebras am Wasserloch', 'Zwei Zebras am Wasserloch']);
    expect(await refusal(server, ADOPT, {})).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

test('what a photo says is read of uploads; a sidecar that is changed or gone, when the files are read again', async () => {
  const bytes = await sharp(await drawnPicture(9, 64, 48))
    .png()
    .withXmp(xmp('<dc:description>A heron stands</dc:description>'))
    .toBuffer();
  await captionImage(server, bytes, 'upload.png');
  expect(await search('heron')).toEqual([['upload.png', 'A heron stands']]);

  await writeFile(join(folder, 'old.xmp'), xmp(altText('Ein Gnu')));
  await server.application.importDataset(folder);
  expect(await search('Gnu')).toEqual([['old.jpg', 'Ein Gnu']]);
  await rm(join(folder, 'old.xmp'));
  expect(await server.application.refreshMetadata()).toMatchObject({ read: 4, left: 0, problems: [] });
  expect(await search('Gnu')).toEqual([]);
  const metadata = await server.application.store.fileMetadata.findMany([ids.get('old.jpg') as ImageId]);
  expect([...metadata.values()]).toMatchObject([{ rating: 2, captions: [] }]);
});

describe('captions are written back by a job', () => {
  const EXPORT = `mutation ($into: XmpTarget!, $dryRun: Boolean!) { exportXmp(input: { into: $into, dryRun: $dryRun }) { id kind } }`;
  const jobSchema = z.object({
    job: z.object({ state: z.string(), xmpExportReport: z.record(z.string(), z.unknown()).nullable() }),
  });

  test('only below IMPORT_ROOT', async () => {
    expect(await refusal(server, EXPORT, { into: 'SIDECAR', dryRun: false })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('IMPORT_ROOT') as string,
    });
    const root = join(folder, 'Summer_2021');
    const other = await openTestServer({ IMPORT_ROOT: root });
    try {
      await other.application.importDataset(folder);
      await addUntrainedModel(other.application);
      const { store } = other.application;
      const { items } = await store.images.list({ limit: 10 });
      for (const { id } of items) await other.application.correctCaption({ imageId: id, text: 'a person says so' });
      await other.application.work();
      const { exportXmp } = await ask(
        other,
        z.object({ exportXmp: z.object({ id: z.string(), kind: z.literal('EXPORT_XMP') }) }),
        EXPORT,
        { into: 'SIDECAR', dryRun: false },
      );
      const query =
        'query ($id: ID!) { job(id: $id) { state xmpExportReport { written noFile kept failed problems } } }';
      await expect
        .poll(async () => (await ask(other, jobSchema, query, { id: exportXmp.id })).job)
        .toEqual({
          state: 'SUCCEEDED',
          xmpExportReport: { written: 1, noFile: items.length - 1, kept: 0, failed: 0, problems: [] },
        });
      expect((await readdir(root)).sort()).toEqual(['DSC_0001.jpg', 'DSC_0001.jpg.xmp']);
    } finally {
      await other.close();
    }
  });
});

test('files are read again by a job, which says what it read', async () => {
  await writeFile(join(folder, 'old.xmp'), xmp(altText('Drei Zebras im Regen')));
  const started = z.object({ refreshMetadata: z.object({ id: z.string(), kind: z.string() }) });
  const { refreshMetadata } = await ask(server, started, 'mutation { refreshMetadata(input: {}) { id kind } }');
  expect(refreshMetadata.kind).toBe('REFRESH_METADATA');
  await server.application.jobs.work(['refresh-metadata'], 1);
  for await (const job of server.application.jobs.progress(refreshMetadata.id as JobId)) void job;
  const schema = z.object({ job: z.object({ state: z.string(), metadataRefreshReport: z.unknown() }) });
  const query = 'query ($id: ID!) { job(id: $id) { state metadataRefreshReport { read left problemCount problems } } }';
  expect((await ask(server, schema, query, { id: refreshMetadata.id })).job).toEqual({
    state: 'SUCCEEDED',
    metadataRefreshReport: { read: expect.any(Number) as number, left: 0, problemCount: 0, problems: [] },
  });
  expect((await search('Regen')).map(([name]) => name)).toEqual(['old.jpg']);
  expect(await refusal(server, 'mutation { refreshMetadata(input: { dataset: "nowhere" }) { id } }')).toMatchObject({
    code: 'NOT_FOUND',
  });
});

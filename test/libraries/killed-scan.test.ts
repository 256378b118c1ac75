/** A scan that is killed: what it did stays, and the next one does the rest. */
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openStore } from '../../src/store/store.js';
import { type CommandLine, openCommandLine } from '../cli/command-line.js';
import { type LibraryFolder, makeLibraryFolder } from './library-folder.js';

const PHOTOS = 250;
const KILLS = 2;

let line: CommandLine;
let folder: LibraryFolder;
beforeAll(async () => {
  line = await openCommandLine();
  folder = await makeLibraryFolder();
  for (let seed = 1; seed <= PHOTOS; seed += 1) await folder.draw(`${seed % 7}/${seed}.png`, seed);
  expect(await line.run('library', 'add', folder.root, '--name', 'photos', '--no-scan')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await line.close();
  await folder.remove();
});

const report = z.object({ files: z.number(), unchanged: z.number(), added: z.number(), alreadyThere: z.number() });

test('no photo is lost or doubled', async () => {
  for (let kill = 0; kill < KILLS; kill += 1) {
    const scan = line.start('library', 'scan', 'photos');
    const ended = once(scan, 'exit');
    // It draws its bar when the first photos are done.
    await once(scan.stderr, 'data');
    scan.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
  }
  const { code, stdout } = await line.run('library', 'scan', 'photos', '--json');
  expect(code).toBe(0);
  const last = report.parse(JSON.parse(stdout));
  expect(last.files).toBe(PHOTOS);
  expect(last.unchanged).toBeGreaterThan(0);
  expect(last.added).toBeLessThan(PHOTOS);
  const store = await openStore({ dataDirectory: join(line.directory, 'data') });
  const { rows } = await store.executeSql(
    `SELECT (SELECT count(*)::int FROM "Image") AS images, (SELECT count(DISTINCT "imageId")::int FROM "ImageFeature") AS seen,
       (SELECT count(*)::int FROM "LibraryFile" WHERE "modified" IS NOT NULL AND "imageId" IS NOT NULL) AS files`,
    [],
  );
  await store.close();
  expect(rows).toEqual([{ images: PHOTOS, seen: PHOTOS, files: PHOTOS }]);
});

/** A library on the command line: added, listed, scanned, searched, changed and removed. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { correctCaption } from '../../src/collection/people-captions.js';
import { openStore } from '../../src/store/store.js';
import { type LibraryFolder, makeLibraryFolder } from '../libraries/library-folder.js';
import { type CommandLine, openCommandLine } from './command-line.js';

let line: CommandLine;
let folder: LibraryFolder;
beforeAll(async () => {
  line = await openCommandLine();
  folder = await makeLibraryFolder();
  await folder.draw('cats/a.png', 1);
  await folder.draw('dogs/b.png', 2);
  await folder.draw('private/c.png', 3);
});
afterAll(async () => {
  await line.close();
  await folder.remove();
});

const idSchema = z.array(z.object({ id: z.string() })).length(1);

test('a folder is added and scanned, and listed with what is known of it', async () => {
  const added = await line.run('library', 'add', folder.root, '--name', 'pets', '--exclude', 'private', '*.gif');
  expect(added).toMatchObject({ code: 0, stdout: '2 photos added: the library pets has 2 files.\n' });
  const { stdout } = await line.run('libraries');
  expect(stdout).toContain(`pets  2 photos  ${folder.root}  without private *.gif  scanned 20`);
  const json = await line.run('libraries', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject([{ name: 'pets', images: 2, files: 2, watch: false }]);
  const twice = await line.run('library', 'add', folder.root);
  expect(twice).toMatchObject({ code: 1, stderr: expect.stringMatching(/^CONFLICT: /) as string });
});

async function caption(text: string): Promise<void> {
  const store = await openStore({ dataDirectory: join(line.directory, 'data') });
  for (const { id } of (await store.images.list({ limit: 10 })).items)
    await correctCaption({ imageId: id, text }, store);
  await store.close();
}

test('a scan says what is otherwise than before, and searches say what is missing', async () => {
  await caption('a pet of ours');
  await rm(join(folder.root, 'dogs/b.png'));
  const scanned = await line.run('library', 'scan', 'pets');
  expect(scanned).toMatchObject({
    code: 0,
    stdout: '0 photos added: the library pets has 1 file.\n1 file missing; what is known of them stays.\n',
  });
  const found = async (...options: string[]) => {
    const { code, stdout } = await line.run('search', 'pet', '--mode', 'text', '--json', ...options);
    return {
      code,
      files: z.array(z.object({ file: z.string(), missing: z.boolean() })).safeParse(JSON.parse(stdout || '[]')).data,
    };
  };
  expect((await found('--library', 'pets')).files?.sort((a, b) => (a.file < b.file ? -1 : 1))).toMatchObject([
    { file: 'a.png', missing: false },
    { file: 'b.png', missing: true },
  ]);
  expect((await found('--folder', 'cats')).files).toMatchObject([{ file: 'a.png' }]);
  expect((await found('--missing')).files).toMatchObject([{ file: 'b.png' }]);
  expect((await found('--no-missing')).files).toMatchObject([{ file: 'a.png' }]);
});

test('a folder that is away is told, and a library is changed and removed', async () => {
  const changed = await line.run(
    'library',
    'change',
    'pets',
    '--name',
    'animals',
    '--watch',
    '--poll',
    '--exclude-nothing',
  );
  expect(changed).toMatchObject({ code: 0, stdout: expect.stringContaining('watched by polling') as string });
  expect((await line.run('library', 'scan', 'animals')).stdout).toMatch(/^1 photo added/);
  await rm(folder.root, { recursive: true });
  const away = await line.run('library', 'scan', 'animals');
  expect(away).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^LIBRARY_UNAVAILABLE: .*Nothing was changed/m) as string,
  });
  expect((await line.run('libraries')).stdout).toContain('the last scan failed');
  const asked = await line.run('library', 'remove', 'animals');
  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('delete 1 of its 3 photos') as string });
  const [library] = idSchema.parse(JSON.parse((await line.run('libraries', '--json')).stdout));
  expect(await line.run('library', 'remove', library?.id ?? '', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^The library animals is removed, with 1 photo. (.* stays?, as .*captioned by people.*)Its files are as they were.\n$/,
    ) as string,
  });
  expect(await line.run('libraries')).toMatchObject({ code: 0, stdout: '' });
});

/** Alternative texts on the command line, by a command alone and through the server that has the database open. */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { drawnPicture } from '../vision/pictures.js';
import { addressOf, type CommandLine, openCommandLine } from './command-line.js';

let line: CommandLine;
let folder: string;
beforeAll(async () => {
  line = await openCommandLine();
  folder = join(line.directory, 'photos');
  await mkdir(folder);
  const names = ['dog.png', 'cat.png', 'line.png', 'tree.png'];
  for (const [index, name] of names.entries()) await writeFile(join(folder, name), await drawnPicture(index, 64, 48));
  await writeFile(
    join(folder, 'captions.csv'),
    'file,caption\ndog.png,a dog\ncat.png,a cat\nline.png,a line\ntree.png,Photo of a tree\n',
  );
  expect(await line.run('import', folder)).toMatchObject({ code: 0 });
});
afterAll(() => line.close());

const photo = (name: string) => join(folder, name);
const listSchema = z.object({
  counts: z.record(z.string(), z.number()),
  photos: z.array(z.object({ state: z.string(), image: z.object({ id: z.string(), name: z.string() }) })),
});
const changeSchema = z.object({ actionId: z.string(), changed: z.array(z.object({ state: z.string() })) });

test('texts are listed, approved, written, rejected and undone, of photos by their files and ids', async () => {
  const run = (...args: readonly string[]) => line.run('alt-text', ...args);
  const all = listSchema.parse(JSON.parse((await run('list', '--json')).stdout));
  expect(all.counts).toEqual({ missing: 0, suggested: 4, approved: 0, decorative: 0 });
  const dog = all.photos.find(({ image }) => image.name === 'dog.png')?.image.id ?? '';

  const approved = await run('approve', dog, photo('cat.png'));
  expect([approved.code, approved.stdout]).toEqual([
    0,
    expect.stringMatching(/APPROVED {2}dog\.png {2}a dog\n.*APPROVED {2}cat\.png {2}a cat\n$/),
  ]);
  expect(approved.stderr).toContain('no full stop');
  expect(approved.stderr).toMatch(/To take it back: ekphrasis alt-text undo [-0-9a-f]{36}\n$/);
  const edited = await run('edit', photo('tree.png'), 'An old oak in Ulm.', '--json');
  const { actionId } = changeSchema.parse(JSON.parse(edited.stdout));
  expect((await run('decorative', photo('line.png'))).stdout).toContain('DECORATIVE  line.png');
  expect((await run('list', '--state', 'decorative,missing')).stdout.split('\n')).toHaveLength(2);
  expect((await run('show', photo('tree.png'))).stdout).toMatch(/APPROVED.*oak[^]*owner {2}EDITED {2}An old oak/);
  expect((await run('undo', actionId)).stdout).toContain('SUGGESTED  tree.png  1.00  Photo of a tree');
  expect((await run('undo', actionId)).code).toBe(1);
  expect((await run('reject', photo('tree.png'))).stdout).toMatch(/MISSING {2}tree\.png\n$/);

  expect((await run('check', 'Bild von einem Hund', '--messages', 'de')).stdout).toMatch(
    /^REDUNDANT_START: Vorlese[^]*NO_END: /,
  );
  expect((await run('approve', photo('tree.png'))).stderr).toContain('Nothing is suggested for tree.png');
  expect((await run('approve', 'nowhere.jpg')).stderr).toContain('NOT_FOUND');
  expect((await run('list', '--state', 'strange')).code).toBe(2);
});

test('pages are filled, and the exit code says whether all images have a text', async () => {
  const page = join(folder, 'index.html');
  const source = '<html lang="en">\r\n<img src="dog.png"><img src="line.png"><img alt="mine" src="cat.png">\r\n';
  await writeFile(page, source);
  const dry = await line.run('alt-text', page);
  expect(dry).toMatchObject({
    code: 3,
    stdout: `${page}:2  dog.png  approved: a dog\n${page}:2  line.png  decorative\n`,
    stderr: '2 images would get a text, 0 stay without, 1 had one.\nNothing was written: --write does it.\n',
  });
  expect(await readFile(page, 'utf8')).toBe(source);
  expect(await line.run('alt-text', page, '--write')).toMatchObject({ code: 0 });
  expect(await readFile(page, 'utf8')).toBe(
    source.replace('<img src="dog', '<img alt="a dog" src="dog').replace('<img src="line', '<img alt="" src="line'),
  );
  expect((await line.run('alt-text', page)).code).toBe(0);
  await writeFile(page, '<img src="tree.png">');
  expect(await line.run('alt-text', 'fill', page, '--write', '--json')).toMatchObject({ code: 3 });
  expect(await line.run('alt-text', page, '--write', '--dry-run')).toMatchObject({ code: 2 });
  expect(await line.run('alt-text', join(folder, 'nowhere.html'))).toMatchObject({ code: 1 });
});

test('all of it goes through the server that has the database open', async () => {
  const server = line.start('serve');
  try {
    await addressOf(server);
    const listed = await line.run('alt-text', 'list', '--state', 'approved');
    expect(listed).toMatchObject({ code: 0, stderr: '1 missing, 0 suggested, 2 approved, 1 decorative.\n' });
    expect((await line.run('alt-text', 'edit', photo('tree.png'), 'An oak.')).stdout).toContain(
      'APPROVED  tree.png  An oak.',
    );
    expect((await line.run('alt-text', 'show', photo('tree.png'))).stdout).toContain('owner  EDITED  An oak.');
    expect((await line.run('alt-text', 'show', 'a'.repeat(64))).stderr).toContain('NOT_FOUND');
    expect((await line.run('alt-text', 'list', '--limit', '1000')).stderr).toContain('BAD_USER_INPUT');
    const page = join(folder, 'served.html');
    await writeFile(page, '<img src=tree.png>');
    expect(await line.run('alt-text', page, '--write')).toMatchObject({ code: 0 });
    expect(await readFile(page, 'utf8')).toBe('<img alt="An oak." src=tree.png>');
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockFolder } from '../../src/store/folder-lock.js';
import { openStore } from '../../src/store/store.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-lock-'));
});
afterAll(() => rm(directory, { recursive: true }));

const folder = (name: string) => join(directory, name);

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('a folder is locked once; the refusal names the process; after release it is free', async () => {
  const lock = await lockFolder(folder('once'));
  await expect(lockFolder(folder('once'))).rejects.toMatchObject({
    code: 'DATABASE_LOCKED',
    message: expect.stringContaining(`process ${process.pid}`) as string,
  });
  await lock.release();
  await (await lockFolder(folder('once'))).release();
});

test('the lock of a living process holds, that of a dead one is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const path = `${folder('other')}.lock`;
  await writeFile(path, JSON.stringify({ pid: child.pid, started: '' }));
  await expect(lockFolder(folder('other'))).rejects.toThrow(`process ${child.pid ?? 0}`);
  child.kill();
  await once(child, 'exit');
  await (await lockFolder(folder('other'))).release();
  await expect(stat(path)).rejects.toThrow('ENOENT');
});

test('a lock whose process number now belongs to a later process is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await writeFile(`${folder('reused')}.lock`, JSON.stringify({ pid: child.pid, started: 'an earlier boot/1' }));
  await (await lockFolder(folder('reused'))).release();
  child.kill();
});

test('a damaged lock, and one that a crash left with our own number, are taken over', async () => {
  await writeFile(`${folder('damaged')}.lock`, '{"pi');
  await (await lockFolder(folder('damaged'))).release();
  await writeFile(`${folder('own')}.lock`, JSON.stringify({ pid: process.pid, started: '' }));
  await (await lockFolder(folder('own'))).release();
});

test('of many that come at once over a stale lock exactly one gets it', async () => {
  await writeFile(`${folder('race')}.lock`, JSON.stringify({ pid: await deadPid(), started: '' }));
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder('race'))));
  const got = tries.filter((attempt) => attempt.status === 'fulfilled');
  expect(got).toHaveLength(1);
  expect(JSON.parse(await readFile(`${folder('race')}.lock`, 'utf8'))).toMatchObject({ pid: process.pid });
  await got[0]?.value.release();
});

test('the embedded database begins anew after a first start that was cut off, survives closing, and its lock goes with it', async () => {
  const dataDirectory = folder('deep/down');
  await mkdir(join(dataDirectory, 'database.partial'), { recursive: true });
  await writeFile(join(dataDirectory, 'database.partial', 'PG_VERSION'), '17');
  const first = await openStore({ dataDirectory });
  const job = await first.trainingJobs.create({ settings: {}, seed: 1, engine: 'onnx' });
  await expect(openStore({ dataDirectory })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
  await first.close();
  const second = await openStore({ dataDirectory });
  expect(await second.trainingJobs.find(job.id)).toMatchObject({ state: 'QUEUED' });
  await second.close();
  expect(await readdir(dataDirectory)).toEqual(['database']);
});

test('a folder with half a database in it is refused and left as it is', async () => {
  const dataDirectory = folder('half');
  await mkdir(join(dataDirectory, 'database'), { recursive: true });
  await writeFile(join(dataDirectory, 'database', 'base'), 'something');
  await expect(openStore({ dataDirectory })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  expect(await readdir(dataDirectory)).toEqual(['database']);
  expect(await readdir(join(dataDirectory, 'database'))).toEqual(['base']);
});

test('a folder that cannot be made is a storage failure, a server that does not answer an unavailable database', async () => {
  await writeFile(folder('file'), '');
  await expect(openStore({ dataDirectory: folder('file') })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  const url = 'postgres://someone:secret@127.0.0.1:1/none';
  await expect(openStore({ dataDirectory: folder('none'), databaseUrl: url })).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.not.stringContaining('secret') as string,
  });
});

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { keepDerived, writeFileAtomically } from '../../src/files/atomic-file.js';
import { type DiskState, FreeSpace } from '../../src/files/free-space.js';
import { isDiskFull } from '../../src/files/storage-failure.js';
import { canMount, mountSmallDisk } from '../full-disk/small-disk.js';

/** More than any disk has free. */
const EVERYTHING = 2 ** 52;
const MEBIBYTE = 2 ** 20;

const refusal = { code: 'STORAGE_FAILED', message: expect.stringMatching(/nearly full: \d+ MB are free/) as string };

test('on a disk with less than its reserve nothing new is written, and the error says so', async () => {
  const space = new FreeSpace(join(tmpdir(), 'not', 'there', 'yet'), EVERYTHING);
  const error: unknown = await space.claim(1).catch((cause: unknown) => cause);
  expect(error).toMatchObject(refusal);
  expect(isDiskFull(error)).toBe(true);
  expect(await space.state()).toMatchObject({ state: 'full', reserveBytes: EVERYTHING });
});

test('half of the reserve is for upkeep', async () => {
  const { freeBytes } = await new FreeSpace(tmpdir()).state();
  const space = new FreeSpace(tmpdir(), Math.round(freeBytes * 1.5));
  await expect(space.claim(1)).rejects.toMatchObject(refusal);
  (await space.claim(1, 'upkeep'))();
  await expect(space.claim(freeBytes, 'upkeep')).rejects.toMatchObject(refusal);
});

test('what several are about to write counts before it is on the disk', async () => {
  const { freeBytes } = await new FreeSpace(tmpdir()).state();
  const space = new FreeSpace(tmpdir(), Math.round(freeBytes / 2));
  const third = Math.round(freeBytes / 3);
  const asked = await Promise.allSettled([space.claim(third), space.claim(third)]);
  expect(asked.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(2);
  for (const claim of asked) if (claim.status === 'fulfilled') claim.value();
  (await space.claim(third))();
});

test('without a reserve nothing is asked', async () => {
  const space = new FreeSpace(tmpdir(), 0);
  (await space.claim(EVERYTHING))();
  expect(await space.state()).toMatchObject({ state: 'ok' });
});

test('a file is written where there is room, and nothing of it stays where there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-space-'));
  const full = new FreeSpace(folder, EVERYTHING);
  try {
    await writeFileAtomically(join(folder, 'there'), Buffer.from('photo'), { space: new FreeSpace(folder, 1) });
    await expect(writeFileAtomically(join(folder, 'more'), Buffer.from('photo'), { space: full })).rejects.toThrow(
      'nearly full',
    );
    await keepDerived(join(folder, 'cached'), Buffer.from('photo'), full);
    expect(await readdir(folder)).toEqual(['there']);
    await mkdir(join(folder, 'obstacle', 'within'), { recursive: true });
    await expect(keepDerived(join(folder, 'obstacle'), Buffer.from('photo'), undefined)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe.runIf(canMount())('on a small disk', () => {
  test('it is full until a quarter more than the reserve is free, and each change is told once', async () => {
    const disk = await mountSmallDisk(20);
    try {
      const space = new FreeSpace(disk.folder, 8 * MEBIBYTE);
      const told: DiskState['state'][] = [];
      space.onChange(({ state }) => told.push(state));
      const looks: DiskState['state'][] = [];
      const look = async () => looks.push((await space.state()).state);
      await look();
      await disk.fill(14 * MEBIBYTE);
      await look();
      await disk.makeRoom();
      await disk.fill(11 * MEBIBYTE);
      await look();
      await disk.makeRoom();
      await disk.fill(9 * MEBIBYTE);
      await look();
      expect(looks).toEqual(['ok', 'full', 'full', 'ok']);
      expect(told).toEqual(['full', 'ok']);
    } finally {
      await disk.unmount();
    }
  });

  test('what can make room is asked to, and helps the next', async () => {
    const disk = await mountSmallDisk(20);
    try {
      const space = new FreeSpace(disk.folder, 8 * MEBIBYTE);
      await disk.fill(14 * MEBIBYTE);
      let asked = 0;
      space.onFull(() => {
        asked += 1;
        return disk.makeRoom();
      });
      await expect(space.claim(1)).rejects.toMatchObject(refusal);
      await wait(100);
      (await space.claim(1))();
      await disk.fill(14 * MEBIBYTE);
      // It was asked a moment ago.
      await expect(space.claim(1)).rejects.toMatchObject(refusal);
      expect(asked).toBe(1);
    } finally {
      await disk.unmount();
    }
  });
});

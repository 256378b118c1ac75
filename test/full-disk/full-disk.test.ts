/** One round of bench/full-disk. A small disk can only be mounted by root. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testUrl } from '../store/open-test-store.js';
import { playRound, prepareCollection } from './round.js';
import { canMount, mountSmallDisk } from './small-disk.js';

test.runIf(canMount() && testUrl() === undefined)(
  'a disk that fills up while photos are uploaded stops neither the server nor loses what it acknowledged',
  async () => {
    const prepared = await mkdtemp(join(tmpdir(), 'ekphrasis-full-'));
    const disk = await mountSmallDisk(64);
    try {
      await prepareCollection(prepared);
      const { faults, acknowledged, refused, healthGap } = await playRound(disk, prepared, 0);
      expect(faults).toEqual([]);
      expect(acknowledged).toBeGreaterThan(4);
      expect(refused).toBeGreaterThan(0);
      // A frozen one does not answer at all.
      expect(healthGap).toBeLessThan(30_000);
    } finally {
      await disk.unmount();
      await rm(prepared, { recursive: true });
    }
  },
);

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasPerl } from '../metadata/exiftool.js';
import { killWriteBack } from './killed-write-back.js';

test.runIf(hasPerl)('SIGKILL while captions are written into photos: none is lost, doubled or damaged', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-killed-'));
  try {
    const report = await killWriteBack({
      directory,
      photos: 16,
      kills: 2,
      jitterMilliseconds: 600,
      random: Math.random,
    });
    expect(report.faults).toEqual([]);
    expect(report.writtenAtKills.length).toBeGreaterThan(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});

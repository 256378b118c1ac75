/**
 * A captioner of every architecture is trained, written to a file, and writes from it; a fine-tuning goes on with the
 * same network.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Captioner } from '../../src/captioner/captioner.js';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import { sha256Of } from '../../src/files/sha256.js';
import type { ModelId } from '../../src/ids.js';
import { checkpointName } from '../../src/training/run-folder.js';
import { eventsOf, lossesIn, tinyTraining } from './tiny-training.js';

test.each([
  { architecture: 'merge', cell: 'lstm' },
  { architecture: 'merge', cell: 'gru' },
  { architecture: 'show-and-tell', cell: 'lstm' },
  { architecture: 'attention', cell: 'gru' },
] as const)('$architecture with $cell', async (network) => {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-architecture-'));
  try {
    const tiny = await tinyTraining(directory, { engine: 'onnx', device: 'cpu' });
    const phases = [
      { objective: 'CROSS_ENTROPY', epochs: 3 },
      { objective: 'SELF_CRITICAL', epochs: 1, learningRate: 1e-4, samples: 2, temperature: 1, crossEntropyShare: 0.5 },
    ] as const;
    const events = await eventsOf({
      ...tiny,
      settings: { ...tiny.settings, ...network, phases: [...phases], epochs: 4 },
    });
    expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
    const losses = lossesIn(events);
    expect(losses[2]).toBeLessThan(losses[0] ?? NaN);

    const path = join(directory, checkpointName(4));
    const bytes = await readFile(path);
    const checkpoint = readCheckpoint(bytes);
    expect(checkpoint.header.settings).toMatchObject(network);
    const captioner = Captioner.load(checkpoint);
    const [captions = []] = await captioner.caption([new Uint16Array(49 * 512)]);
    expect(captions[0]?.text).toMatch(/^[a-z]/);
    await captioner.close();

    // A fine-tuning is told the default architecture and keeps the model's.
    const from = { id: 'm' as ModelId, name: 'tiny', sha256: sha256Of(bytes), path };
    const more = join(directory, 'more');
    await eventsOf({ ...tiny, from, outputDirectory: more, settings: { ...tiny.settings, epochs: 1 } });
    expect(readCheckpoint(await readFile(join(more, checkpointName(1)))).header.settings).toMatchObject(network);
  } finally {
    await rm(directory, { recursive: true });
  }
});

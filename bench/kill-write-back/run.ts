/**
 * `ekphrasis export xmp --embed` is killed by SIGKILL again and again while it writes captions into photos: no photo is
 * lost, doubled or damaged, and each is known as itself in the end. It needs Perl.
 *
 *     npm run build && npx tsc -p bench/kill-write-back && node dist/bench/bench/kill-write-back/run.js [KILLS] [SEED]
 *
 * KILLS is 20 by default. Ends with 1 when anything is not as it should be.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream } from '../../src/training/random.js';
import { killWriteBack } from '../../test/collection/killed-write-back.js';

const [kills = '20', seed = '1'] = process.argv.slice(2);
const random = new RandomStream(Number(seed), 'kills');
/** Written by no more than some dozen between two kills. */
const PHOTOS_A_KILL = 10;

const directory = await mkdtemp(join(tmpdir(), 'kill-write-back-'));
try {
  const { writtenAtKills, faults } = await killWriteBack({
    directory,
    photos: Number(kills) * PHOTOS_A_KILL,
    kills: Number(kills),
    jitterMilliseconds: 800,
    random: () => random.uniform(),
  });
  console.log(`${writtenAtKills.length} kills, photos written by then: ${writtenAtKills.join(', ')}`);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 || writtenAtKills.length < Number(kills) ? 1 : 0;
} finally {
  await rm(directory, { recursive: true });
}

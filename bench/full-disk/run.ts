/**
 * A disk of 60 MB is filled while photos are uploaded, again and again: the server answers throughout, keeps what it
 * acknowledged, and goes on when there is room.
 *
 *     npm run build && npx tsc -p bench/full-disk && node dist/bench/bench/full-disk/run.js [ROUNDS] [SEED]
 *
 * A round (20 of them) mounts a tmpfs of 60 MB, for which it must be root, and starts `ekphrasis serve` there with 12 MB
 * as the reserve, VGG16 with random weights and a captioner that was never trained. Four clients upload noise of some
 * 300 kB each until a dozen was refused. Then another program takes the last byte of the disk, while the clients go on.
 * Then there is room again, photos are taken again, and the server is killed at a random moment of that. The next one
 * must have every photo and caption that was acknowledged, byte for byte. Ends with 1 when anything is not so.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream } from '../../src/training/random.js';
import { playRound, prepareCollection, type Round } from '../../test/full-disk/round.js';
import { mountSmallDisk } from '../../test/full-disk/small-disk.js';

const [rounds = '20', seed = '1'] = process.argv.slice(2);
const DISK_MEGABYTES = 60;
const JITTER_MILLISECONDS = 1500;

const random = new RandomStream(Number(seed), 'full disks');
const prepared = await mkdtemp(join(tmpdir(), 'full-disk-'));
const played: Round[] = [];
try {
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  await prepareCollection(prepared);
  for (let round = 1; round <= Number(rounds); round += 1) {
    const disk = await mountSmallDisk(DISK_MEGABYTES);
    try {
      const result = await playRound(disk, prepared, random.uniform() * JITTER_MILLISECONDS);
      played.push(result);
      console.log(
        `round ${round}: ${result.acknowledged} photos acknowledged, ${result.refused} refused, longest wait for ` +
          `/healthz ${result.healthGap.toFixed(0)} ms, serving again after ${result.restartMilliseconds.toFixed(0)} ms`,
      );
      for (const fault of result.faults) console.log(`FAULT: ${fault}`);
    } finally {
      await disk.unmount();
    }
  }
} finally {
  await rm(prepared, { recursive: true });
}
const sum = (of: (round: Round) => number) => played.reduce((total, round) => total + of(round), 0);
const faults = sum((round) => round.faults.length);
console.log(
  `${played.length} rounds: ${sum((round) => round.acknowledged)} photos acknowledged, ${sum((round) => round.refused)} refused, ` +
    `longest wait for /healthz ${Math.max(...played.map((round) => round.healthGap)).toFixed(0)} ms, ${faults} faults`,
);
if (faults > 0 || played.length < Number(rounds)) process.exitCode = 1;

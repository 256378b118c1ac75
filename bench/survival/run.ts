/**
 * A training whose worker is killed 20 times, watched from a server that knows nothing of it: does it end with the
 * weights of one that was never disturbed, and is every epoch told once and in order?
 *
 *     npx tsc -p bench/survival && test/postgres/with-postgres.sh node dist/bench/bench/survival/run.js [KILLS] [SEED]
 *
 * TEST_DATABASE_URL is a Postgres with pgvector whose user may create databases; the script that starts one sets it.
 */
import { cpus } from 'node:os';
import { withPostgresDatabase } from '../../test/postgres/database.js';
import { survive } from './survive.js';

const kills = Number(process.argv[2] ?? 20);
const seed = Number(process.argv[3] ?? 1);
const server = process.env['TEST_DATABASE_URL'];
if (server === undefined) throw new Error('set TEST_DATABASE_URL, as test/postgres/with-postgres.sh does');

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${kills} kills, seed ${seed}`,
);
const report = await withPostgresDatabase(server, (databaseUrl) =>
  survive({
    databaseUrl,
    kills,
    seed,
    epochs: 2 * kills + 5,
    scenes: { train: 96, dev: 10 },
    lease: 4,
    onKill: (kill, epoch) => {
      console.log(`kill ${kill} after ${epoch} epochs`);
    },
  }),
);
const { undisturbed, survivor, epochsSeen, state, attempts, secondsUndisturbed, seconds } = report;
const taken = [...report.secondsUntilTakenUp].sort((a, b) => a - b);
const inOrder = epochsSeen.every((epoch, place) => epoch === place + 1);
console.log(
  `${String(state)} after ${attempts} attempts and ${seconds.toFixed(0)} s; undisturbed ${secondsUndisturbed.toFixed(0)} s`,
);
console.log(
  `taken up ${taken.at(Math.floor(taken.length / 2))?.toFixed(1) ?? '?'} s after a kill (median), ${taken.at(-1)?.toFixed(1) ?? '?'} s at most`,
);
console.log(`${epochsSeen.length} epochs told, ${inOrder ? 'each once and in order' : epochsSeen.join(' ')}`);
console.log(`weights ${String(survivor)}\nundisturbed ${String(undisturbed)}`);
if (
  state !== 'SUCCEEDED' ||
  survivor === undefined ||
  survivor !== undisturbed ||
  !inOrder ||
  epochsSeen.length !== 2 * kills + 5
)
  process.exitCode = 1;

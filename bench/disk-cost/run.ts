/**
 * What photos cost on the disk: bytes of each part of a data folder after an import, and what region features would take
 * by each way of Node's to compress them.
 *
 *     npx tsc -p tsconfig.build.json && npx tsc -p bench/disk-cost && node dist/bench/bench/disk-cost/run.js FOLDER
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants, deflateRawSync, inflateRawSync } from 'node:zlib';

/** Region files that are compressed in every way. */
const SAMPLE = 60;

const photos = process.argv[2];
if (photos === undefined) throw new Error('name a folder of photos');
const data = await mkdtemp(join(tmpdir(), 'ekphrasis-disk-cost-'));
try {
  const before = await bytesBelow(photos);
  execFileSync(process.execPath, ['dist/main.js', 'import', photos], {
    env: { ...process.env, EKPHRASIS_DATA: data, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  const log = await bytesBelow(join(data, 'database', 'pg_wal'));
  const database = await bytesBelow(join(data, 'database'));
  const parts = {
    'the photos themselves': before,
    'database without its log': database - log,
    'its log': log,
    regions: await bytesBelow(join(data, 'cache', 'regions')),
    'in all': await bytesBelow(data),
  };
  for (const [name, bytes] of Object.entries(parts)) console.log(`${(bytes / 1e6).toFixed(1).padStart(8)} MB  ${name}`);
  await compareCompressions(join(data, 'cache', 'regions'));
} finally {
  await rm(data, { recursive: true });
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function bytesBelow(folder: string): Promise<number> {
  const sizes = await Promise.all((await filesBelow(folder)).map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function compareCompressions(folder: string): Promise<void> {
  const files = (await filesBelow(folder)).slice(0, SAMPLE);
  const regions = await Promise.all(files.map(async (path) => brotliDecompressSync(await readFile(path))));
  const total = regions.reduce((sum, { length }) => sum + length, 0);
  const brotli = (quality: number) => (bytes: Buffer) =>
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
  const ways = [
    { name: 'deflate 1', pack: (bytes: Buffer) => deflateRawSync(bytes, { level: 1 }), unpack: inflateRawSync },
    { name: 'deflate 6', pack: (bytes: Buffer) => deflateRawSync(bytes, { level: 6 }), unpack: inflateRawSync },
    { name: 'brotli 1', pack: brotli(1), unpack: brotliDecompressSync },
    { name: 'brotli 5', pack: brotli(5), unpack: brotliDecompressSync },
  ];
  for (const { name, pack, unpack } of ways) {
    const start = performance.now();
    const packed = regions.map(pack);
    const middle = performance.now();
    for (const bytes of packed) unpack(bytes);
    const each = (milliseconds: number) => (milliseconds / regions.length).toFixed(2);
    const share = packed.reduce((sum, { length }) => sum + length, 0) / total;
    console.log(
      `${name.padEnd(10)} ${(100 * share).toFixed(1)} %, ${each(middle - start)} ms to pack, ${each(performance.now() - middle)} ms to unpack`,
    );
  }
}

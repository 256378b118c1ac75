/** What must hold when the import has ended. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '../../src/config.js';
import { openStore } from '../../src/store/store.js';
import { PHOTOS } from './photos.js';

/** Each counts what must be so many. A query, and the number it must give. */
function expectations(captions: number): readonly (readonly [string, string, number])[] {
  return [
    ['photos', 'SELECT count(*) FROM "Image"', PHOTOS],
    ['different photos', 'SELECT count(DISTINCT "sha256") FROM "Image"', PHOTOS],
    [
      'photos whose bytes are not those of their hash',
      `SELECT count(*) FROM "Image" WHERE encode(sha256("bytes"), 'hex') <> "sha256"`,
      0,
    ],
    [
      'photos without features',
      'SELECT count(*) FROM "Image" i WHERE NOT EXISTS (SELECT FROM "ImageFeature" f WHERE f."imageId" = i."id")',
      0,
    ],
    ['features', 'SELECT count(*) FROM "ImageFeature"', PHOTOS],
    [
      'features that an index does not find',
      'SELECT count(*) FROM "ImageFeature" f WHERE vector_norm(f."vector") = 0',
      0,
    ],
    [
      'photos without captions',
      'SELECT count(*) FROM "Image" i WHERE NOT EXISTS (SELECT FROM "ReferenceCaption" c WHERE c."imageId" = i."id")',
      0,
    ],
    ['captions', 'SELECT count(*) FROM "ReferenceCaption"', captions],
    [
      'features without a photo',
      'SELECT count(*) FROM "ImageFeature" f WHERE NOT EXISTS (SELECT FROM "Image" i WHERE i."id" = f."imageId")',
      0,
    ],
    [
      'captions without a photo',
      'SELECT count(*) FROM "ReferenceCaption" c WHERE NOT EXISTS (SELECT FROM "Image" i WHERE i."id" = c."imageId")',
      0,
    ],
    ['jobs', 'SELECT count(*) FROM "Job"', 1],
    ['jobs that have not succeeded', `SELECT count(*) FROM "Job" WHERE "state" <> 'SUCCEEDED'`, 0],
    ['entries of queues that have not ended', `SELECT count(*) FROM pgboss.job WHERE state < 'completed'`, 0],
    ['dead letters', `SELECT count(*) FROM pgboss.job WHERE name LIKE '%-dead'`, 0],
  ];
}

/** Opens the database that a server left, and says what is not as it should be. */
export async function faultsOf(environment: NodeJS.ProcessEnv, captions: number): Promise<string[]> {
  const config = loadConfig(environment);
  const store = await openStore(config);
  const faults: string[] = [];
  try {
    for (const [what, query, wanted] of expectations(captions)) {
      const { rows } = await store.executeSql(query);
      const count = Number(
        z
          .array(z.object({ count: z.coerce.number() }))
          .min(1)
          .parse(rows)[0]?.count,
      );
      console.log(`${count} ${what}`);
      if (count !== wanted) faults.push(`${count} ${what}, not ${wanted}`);
    }
    // Every index is read against its table: a torn page would be an error here.
    await store.executeSql('REINDEX TABLE "Image"; REINDEX TABLE "ReferenceCaption"; REINDEX TABLE "ImageFeature"');
  } finally {
    await store.close();
  }
  const files = await readdir(join(config.dataDirectory, 'cache', 'regions'), { recursive: true });
  const regions = files.filter((name) => name.endsWith('.f16')).length;
  console.log(
    `${regions} files of regions, ${files.filter((name) => name.endsWith('.partial')).length} that were cut off`,
  );
  if (regions !== PHOTOS) faults.push(`${regions} files of regions, not ${PHOTOS}`);
  return faults;
}

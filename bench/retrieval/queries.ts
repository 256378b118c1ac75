/**
 * Twenty queries over the dev split's photos by the search model alone, for a person to judge: the five best of each,
 * by name and with what people wrote of them, and as contact sheets to look at. README.md says how to run it.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { SearchModel } from '../../src/joint-embedding/search-model.js';
import { similarities } from '../../src/joint-embedding/similarities.js';
import { TrainingData } from '../../src/training/data.js';

const QUERIES = [
  'a dog running through grass',
  'two dogs playing in the snow',
  'a child on a swing',
  'a man climbing a steep rock wall',
  'people on a beach at sunset',
  'a surfer riding a wave',
  'a little girl in a pink dress',
  'football players in red uniforms',
  'a mountain biker jumping in the air',
  'a skateboarder doing a trick on a ramp',
  'a crowd of people in a city street',
  'a black and white dog catching a frisbee',
  'a woman wearing sunglasses and smiling',
  'a boat on a lake',
  'a motorcycle race',
  'a snowboarder jumping',
  'a man playing guitar',
  'a dog swimming with a stick in its mouth',
  'children playing in a fountain',
  'a basketball game',
];
const FIRST = 5;
const QUERIES_A_SHEET = 4;
/** Pixels of a photo on a sheet, and of the line above each row. */
const SIDE = 226;
const LINE = 26;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: 'retrieval-data' },
    search: { type: 'string', default: join('models', 'flickr8k-search.safetensors') },
    /** The folder of the photos, and where to put sheets of them. */
    photos: { type: 'string' },
    sheets: { type: 'string', default: 'retrieval-sheets' },
  },
});

const data = await TrainingData.open(options.data);
const dev = data.images.flatMap(({ split }, index) => (split === 'dev' ? [index] : []));
const model = SearchModel.open(await readFile(options.search));
const images: Float32Array[] = [];
for await (const photos of data.inChunks(dev))
  images.push(...(await model.embedImages(photos.map(({ regions }) => regions))));
const texts = (await model.embedTexts(QUERIES)).map((vector) => vector ?? new Float32Array(images[0]?.length ?? 0));
await model.close();
const scores = await similarities(texts, images);

const found = QUERIES.map((query, row) => {
  const own = scores.subarray(row * dev.length, (row + 1) * dev.length);
  const order = [...own.keys()].sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0)).slice(0, FIRST);
  return { query, hits: order.flatMap((place) => data.images[dev[place] ?? 0] ?? []) };
});
await data.close();

for (const [index, { query, hits }] of found.entries()) {
  console.log(`\n### ${index + 1}. ${query}\n\n| | photo | people wrote, among others |\n|---|---|---|`);
  for (const { name, captions } of hits) console.log(`| | \`${name}\` | ${captions[0] ?? ''} |`);
}

if (options.photos !== undefined) {
  await mkdir(options.sheets, { recursive: true });
  for (let start = 0; start < found.length; start += QUERIES_A_SHEET) await drawSheet(start, options.photos);
}

async function drawSheet(start: number, folder: string): Promise<void> {
  const rows = found.slice(start, start + QUERIES_A_SHEET);
  const width = FIRST * SIDE;
  const layers = await Promise.all(
    rows.flatMap(({ query, hits }, row) => [
      Promise.resolve({
        input: Buffer.from(
          `<svg width="${width}" height="${LINE}"><text x="4" y="19" font-size="18">${start + row + 1}. ${query}</text></svg>`,
        ),
        left: 0,
        top: row * (SIDE + LINE),
      }),
      ...hits.map(async ({ name }, column) => ({
        input: await sharp(join(folder, name)).resize(SIDE, SIDE, { fit: 'contain' }).png().toBuffer(),
        left: column * SIDE,
        top: row * (SIDE + LINE) + LINE,
      })),
    ]),
  );
  const sheet = sharp({ create: { width, height: rows.length * (SIDE + LINE), channels: 3, background: 'white' } });
  await sheet
    .composite(layers)
    .png()
    .toFile(join(options.sheets, `${start / QUERIES_A_SHEET + 1}.png`));
}

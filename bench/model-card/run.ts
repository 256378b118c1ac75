/**
 * Prints the tables of models/README.md: losses and dev scores of every epoch, the final figures, and captions of
 * photos drawn at random with a stated seed.
 *
 *     npx ekphrasis evaluate --split dev --json > dev.json
 *     npx tsc -p bench/model-card && node dist/bench/bench/model-card/run.js models/flickr8k.safetensors dev.json DATASET [SEED]
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { RandomStream } from '../../src/training/random.js';

const SAMPLES = 20;

const epochsSchema = z.array(
  z.object({
    epoch: z.number(),
    loss: z.number(),
    /** Of self-critical epochs alone. */
    reward: z.number().optional(),
    /** In checkpoints of the first release alone. */
    seconds: z.number().optional(),
    bleu: z.array(z.number()),
    cider: z.number(),
  }),
);
const historySchema = z.object({ settings: z.record(z.string(), z.json()), epochs: epochsSchema });
/** `before` is the training whose model this one began with. */
const trainingSchema = historySchema.extend({ name: z.string().optional(), before: historySchema.optional() });
/** An ensemble's, or of one decoder alone. */
const trainingsSchema = z.union([
  z.object({ members: z.array(trainingSchema) }),
  trainingSchema.transform((training) => ({ members: [training] })),
]);
const evaluationSchema = z.object({
  images: z.number(),
  bleu: z.array(z.number()),
  brevityPenalty: z.number(),
  cider: z.number(),
  rougeL: z.number(),
  signature: z.string(),
  captions: z.array(z.object({ file: z.string(), caption: z.string() })),
});

const [checkpointPath, evaluationPath, datasetPath, seed = '1'] = process.argv.slice(2);
if (!checkpointPath || !evaluationPath || !datasetPath)
  throw new Error('usage: run.js CHECKPOINT EVALUATION.json DATASET [SEED]');

const { header } = readCheckpoint(await readFile(checkpointPath));
const { members } = trainingsSchema.parse(header.training);
const evaluation = evaluationSchema.parse(JSON.parse(await readFile(evaluationPath, 'utf8')));
const percent = (value: number) => (100 * value).toFixed(1);

console.log(`Encoder \`${header.encoder}\`, ${header.vocabulary.length} words`);
for (const { name = header.name, before, ...training } of members) {
  for (const { settings, epochs } of before ? [before, training] : [training]) {
    console.log(`\n${name}, settings ${JSON.stringify(settings)}\n`);
    console.log(
      '| epoch | loss | seconds | reward | BLEU-1 | BLEU-2 | BLEU-3 | BLEU-4 | CIDEr-D |\n|---|---|---|---|---|---|---|---|---|',
    );
    for (const { epoch, loss, seconds, reward, bleu, cider } of epochs) {
      console.log(
        `| ${[epoch, loss.toFixed(3), seconds?.toFixed(0) ?? '', reward?.toFixed(3) ?? '', ...bleu.map(percent), cider.toFixed(3)].join(' | ')} |`,
      );
    }
  }
}
console.log(
  `\n${evaluation.images} dev photos: BLEU-1..4 ${evaluation.bleu.map(percent).join(' / ')}, CIDEr-D ${evaluation.cider.toFixed(3)}, `,
);
console.log(
  `ROUGE-L ${evaluation.rougeL.toFixed(3)}, brevity penalty ${evaluation.brevityPenalty.toFixed(3)} (\`${evaluation.signature}\`)\n`,
);

const references = new Map<string, readonly string[]>();
for await (const { name, captions } of (await openDataset(datasetPath)).items) references.set(name, captions);
const sorted = [...evaluation.captions].sort((a, b) => (a.file < b.file ? -1 : 1));
const order = new RandomStream(Number(seed), 'model card').permutation(sorted.length);
console.log('| photo | caption | a person wrote |\n|---|---|---|');
for (const place of order.subarray(0, SAMPLES)) {
  const entry = sorted[place];
  if (entry) console.log(`| ${entry.file} | ${entry.caption} | ${references.get(entry.file)?.[0] ?? ''} |`);
}

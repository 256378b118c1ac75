/**
 * Captioners are trained on captions of any script, from the data set to a caption of a photo; VGG16 is random, so only
 * their language is looked at.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import { toHalf } from '../../src/files/half.js';
import { tokenise } from '../../src/language/tokeniser.js';
import { type TrainingImageWithRegions, TrainingData, writeTrainingData } from '../../src/training/data.js';
import { examplesOf } from '../../src/training/examples.js';
import { openTestServer, type TestServer } from '../api/test-server.js';
import { picture } from '../collection/seeing.js';
import { ENCODER } from '../store/records.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';

const SIZES = {
  batchImages: 4,
  warmUpSteps: 1,
  dropout: 0,
  embeddingSize: 16,
  hiddenSize: 16,
  attentionSize: 16,
  validationBeamWidth: 1,
};
const input = (name: string) => openDataset(fileURLToPath(new URL(`../inputs/${name}`, import.meta.url)));

let server: TestServer;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-words-'));
  server = await openTestServer();
  await server.application.training.work();
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** Trains on a data set to the end: what was told, what the last epoch wrote, and the model's file. */
async function train(dataset: string, settings: { epochs: number; language?: string; learningRate?: number }) {
  const { training, store } = server.application;
  const { id } = await training.start({ dataset, settings: { ...SETTINGS_OF_ALL, ...settings } });
  let explanation = '';
  let written: string[] = [];
  let failure: string | null = null;
  for await (const event of training.progress(id)) {
    if (event.type === 'started') ({ explanation } = event);
    if (event.type === 'epoch') written = event.epoch.samples.map(({ caption }) => caption);
    if (event.type === 'job') failure = event.job.errorMessage;
  }
  const model = await store.models.ofTrainingJob(id);
  if (!model) return { explanation, written, failure, header: undefined };
  const { checkpoints } = await server.application.collection();
  return {
    explanation,
    written,
    failure,
    modelId: model.id,
    header: readCheckpoint(await readFile(await checkpoints.pathOf(model))).header,
  };
}

const SETTINGS_OF_ALL = { ...SIZES, seed: 1, learningRate: 2e-2, labelSmoothing: 0, averageDecay: 0 };

describe('a training end to end', () => {
  it.each([
    ['de', 7, /^[a-z]+( [a-z]+)*$/u, 'kreis'],
    ['zh', 8, /^\p{Script=Han}+$/u, '红色'],
  ] as const)('on scenes in %s writes in that language', async (language, seed, form, word) => {
    const dataset = openScenes({ seed, train: 24, dev: 5 }, language);
    await importDataset(dataset, await server.application.collection());
    const { written, header, failure, modelId } = await train(dataset.name, { epochs: 3, language });
    expect(failure).toBeNull();
    expect(header).toMatchObject({ language, tokeniser: 2 });
    expect(header?.vocabulary).toContain(word);
    expect(written).toHaveLength(5);
    for (const caption of written) expect(caption).toMatch(form);

    // Trained further on captions whose language is another, it stays in its own: photos are mirrored by its words for
    // left and right.
    const english = await input('train-tiny-unique-words');
    await importDataset(english, await server.application.collection());
    const { training } = server.application;
    const { id, settings: used } = await training.start({
      dataset: english.name,
      fromModelId: modelId,
      settings: { epochs: 1 },
    });
    expect(used).toMatchObject({ training: { language } });
    await training.cancel(id);
  });

  it('on twelve captions in Russian writes Russian, with words that are said less often than is usual', async () => {
    const dataset = await input('train-russian-captions');
    await importDataset(dataset, await server.application.collection());
    const { written, header, explanation } = await train(dataset.name, { epochs: 8, language: 'ru' });
    expect(explanation).toMatch(/words are learned that are said (once|\d times), not only those said 5 times/);
    expect(header?.vocabulary).toContain('собака');
    expect(written.length).toBeGreaterThan(0);
    for (const caption of written) expect(caption).toMatch(/^[а-я]+( [а-я]+)*$/u);
  });

  it.each([
    ['ar', ['كلب أسود يجري على العشب', 'قطة بيضاء تنام على الكرسي'], 'كلب', /^[\u0620-\u064a]+( [\u0620-\u064a]+)*$/u],
    [
      'nb',
      ['En gutt på stranden spiser smørbrød', 'En jente på fjellet går på ski'],
      'smorbrod',
      /^[a-z]+( [a-z]+)*$/u,
    ],
  ] as const)('on a folder of captions in %s writes that language', async (language, sentences, word, form) => {
    const folder = join(directory, `captions-${language}`);
    await mkdir(folder);
    const rows = sentences.flatMap((sentence, first) =>
      Array.from({ length: 4 }, (_, index) => ({
        name: `${first}-${index}.png`,
        sentence,
        split: index === 0 ? 'dev' : 'train',
      })),
    );
    for (const [index, { name }] of rows.entries()) await writeFile(join(folder, name), await picture(index));
    await writeFile(
      join(folder, 'captions.csv'),
      ['file,caption,split', ...rows.map(({ name, sentence, split }) => [name, sentence, split].join())].join('\n'),
    );
    const dataset = await openDataset(folder, { columns: { file: 'file', caption: 'caption', split: 'split' } });
    await importDataset(dataset, await server.application.collection());
    const { written, header, failure, explanation } = await train(dataset.name, { epochs: 12, language });
    expect(failure).toBeNull();
    expect(header).toMatchObject({ language, tokeniser: 2 });
    expect(header?.vocabulary).toContain(word);
    expect(explanation).toMatch(/words are learned that are said (once|\d times)/);
    expect(written).toHaveLength(2);
    for (const caption of written) expect(caption).toMatch(form);
  });

  it.each(['train-tiny-unique-words', 'flickr-crlf'])('on %s learns words said once, and says so', async (name) => {
    const dataset = await input(name);
    await importDataset(dataset, await server.application.collection());
    const { explanation, header } = await train(dataset.name, { epochs: 1 });
    expect(explanation).toContain('words are learned that are said once');
    expect(header?.vocabulary.length).toBeGreaterThan(4);
  });

  it('takes captions without a word neither as examples nor as references', async () => {
    const dataset = await input('train-with-wordless-captions');
    await importDataset(dataset, await server.application.collection());
    const { training, store } = server.application;
    const { id } = await training.start({ dataset: dataset.name, settings: { ...SETTINGS_OF_ALL, epochs: 1 } });
    const started: { images: number; captions: number }[] = [];
    for await (const event of training.progress(id)) if (event.type === 'started') started.push(event);
    expect(started[0]?.captions).toBe(started[0]?.images);
    // What is said of a photo by 👍 alone would be met by saying nothing.
    const [epoch] = await store.trainingJobs.epochs(id);
    expect(epoch?.bleu?.[0]).toBeLessThan(1);
  });
});

describe('words to learn', () => {
  const regions = toHalf(new Float32Array(49 * 512));

  async function dataOf(captions: readonly string[]): Promise<TrainingData> {
    async function* images(): AsyncGenerator<TrainingImageWithRegions> {
      for (const split of ['train', 'dev'] as const)
        yield await Promise.resolve({ name: split, split, captions, views: [regions] });
    }
    await writeTrainingData(join(directory, 'data'), { encoder: { id: ENCODER, ...VGG16_SHAPE }, images: images() });
    return TrainingData.open(join(directory, 'data'));
  }

  it.each([
    ['Arabic', 'كَلْبٌ أسود يجري على العشب', ['كلب', 'اسود', 'يجري', 'على', 'العشب']],
    ['Norwegian', 'En gutt på stranden spiser smørbrød', ['en', 'gutt', 'pa', 'stranden', 'spiser', 'smorbrod']],
  ])('are those of %s', async (_, caption, words) => {
    expect(tokenise(caption)).toEqual(words);
    const data = await dataOf([caption]);
    const { vocabulary, wordsNotice } = examplesOf(data, 5);
    await data.close();
    expect(new Set(vocabulary.words.slice(4))).toEqual(new Set(words));
    expect(wordsNotice).toContain('said once');
  });

  it('are as many as ever where there are enough captions', async () => {
    const data = await dataOf([...Array.from({ length: 6 }, () => 'a dog runs on grass'), 'a zebra']);
    const { vocabulary, wordsNotice } = examplesOf(data, 5);
    await data.close();
    expect(vocabulary.words.slice(4)).toEqual(['a', 'dog', 'grass', 'on', 'runs']);
    expect(wordsNotice).toBeUndefined();
  });

  it('are none where no caption has one: the data set is refused', async () => {
    await expect(dataOf(['...', '👍'])).rejects.toMatchObject({ code: 'INVALID_DATASET' });
  });
});

/**
 * Every view and state of the page: WCAG 2.2 AA as far as axe can tell, in both themes, on a desktop and at 360 pixels;
 * nothing moves by itself.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SettingsInput } from '../../src/trainings/settings.js';
import { DESKTOP, expectAccessible, launch, missing, openTab, PHONE } from './browser.js';
import { drop, readShifts, watchShifts } from './observe.js';
import { newScenes, openStage, type Stage } from './stage.js';

/** A decoder that learns in seconds; how well does not matter here. */
const TINY = {
  phases: [
    { objective: 'CROSS_ENTROPY', epochs: 2 },
    { objective: 'SELF_CRITICAL', epochs: 1 },
  ],
  embeddingSize: 8,
  hiddenSize: 8,
  attentionSize: 8,
  batchImages: 8,
  dropout: 0,
  mirror: false,
  validationImages: 4,
} satisfies SettingsInput;
const TINY_SEARCH = {
  epochs: 2,
  batchImages: 8,
  mirror: false,
  embeddingSize: 24,
  hiddenSize: 32,
} satisfies SettingsInput;

let stage: Stage;
let empty: Stage;
let browser: Browser;
/** Of the models that write, and of trainings. */
let models: string[];
let trainings: string[];
beforeAll(async () => {
  if (missing !== undefined) return;
  [stage, empty, browser] = await Promise.all([openStage(), openStage({ isEmpty: true }), launch()]);
  ({ models, trainings } = await train(stage));
});
afterAll(async () => {
  if (missing !== undefined) return;
  await browser.close();
  await Promise.all([stage.close(), empty.close()]);
});

/** Trains one model of each kind, measures those that write, and rates captions of one. */
async function train({ application }: Stage): Promise<{ models: string[]; trainings: string[] }> {
  const { store, training } = application;
  const untrained = await store.models.current();
  const captioner = await training.start({ name: 'tiny', dataset: 'scenes', settings: TINY });
  const search = await training.start({
    name: 'tiny search',
    dataset: 'scenes',
    task: 'SEARCH',
    settings: TINY_SEARCH,
  });
  for (const { id } of [captioner, search]) {
    for await (const event of training.progress(id))
      if (event.type === 'job' && event.job.state === 'FAILED') throw new Error('a training failed');
  }
  const trained = await store.models.ofTrainingJob(captioner.id);
  if (!untrained || !trained) throw new Error('there is no model');
  await application.evaluate({ modelId: untrained.id, split: 'dev' });
  const { id: evaluationId } = (await application.evaluate({ modelId: trained.id, split: 'dev' })).evaluation;
  const captions = await store.evaluations.captionsOf(evaluationId);
  for (const [place, { imageId, text }] of captions.entries()) {
    await store.ratings.add({ imageId, modelId: trained.id, text, rating: 1 + (place % 5) });
  }
  return { models: [trained.id, untrained.id], trainings: [captioner.id, search.id] };
}

type Show = (page: Page) => Promise<unknown>;
const at =
  (path: () => string, seen: string): Show =>
  async (page) => {
    await page.goto(`${stage.origin}${path()}`);
    await page.getByText(seen).first().waitFor();
  };
const atEmpty =
  (path: string, seen: string): Show =>
  async (page) => {
    await page.goto(`${empty.origin}${path}`);
    await page.getByText(seen).first().waitFor();
  };

const VIEWS: Readonly<Record<string, Show>> = {
  'to caption photos': at(() => '/', 'Latest in the collection'),
  async 'of photos that were captioned, one being edited'(page) {
    await page.goto(stage.origin);
    await drop(page, [...(await newScenes(1)), { name: 'broken.png', bytes: new Uint8Array(20) }]);
    await page.getByText('A machine wrote').first().waitFor();
    await page.getByRole('alert').waitFor();
    await page.getByText('Other wordings of the model').click();
    await page.locator('.candidate').first().waitFor();
    await page.locator('.word').first().focus();
    await page.getByRole('button', { name: 'Write a better one' }).click();
  },
  'of all photos': at(() => '/photos', ' photos'),
  async 'of one photo'(page) {
    const [image] = (await stage.application.store.images.list({ limit: 1 })).items;
    const model = await stage.application.currentModel();
    if (image) await stage.application.captionStored([image.id], model);
    await page.goto(`${stage.origin}/photos`);
    await page.locator('.grid a').first().click();
    await page.getByRole('dialog').locator('.word').first().waitFor();
  },
  'of what a search finds, with filters': at(() => '/photos?q=circle&split=TRAIN&by=person', 'by words and by sight'),
  'of a misspelt search': at(() => '/photos?q=cirlce&mode=TEXT', 'Did you mean'),
  'of a search that finds nothing': at(() => '/photos?q=qqqqqqq&mode=TEXT', 'No photo says that'),
  async 'of photos like another'(page) {
    const [image] = (await stage.application.store.images.list({ limit: 1 })).items;
    await page.goto(`${stage.origin}/photos?like=${image?.id ?? ''}`);
    await page.getByText('% alike').first().waitFor();
  },
  'of a photo that was forgotten': at(() => '/photos?like=sent', 'That photo is no longer here'),
  async 'of trainings, compared'(page) {
    await page.goto(`${stage.origin}/training`);
    await page.getByLabel('Compare tiny', { exact: true }).check();
    await page.getByLabel('Compare tiny search').check();
    await page.locator('.charts canvas').nth(4).waitFor();
  },
  async 'of a training'(page) {
    await page.goto(`${stage.origin}/training/${trainings[0] ?? ''}`);
    await page.getByText('The curves as a table').click();
    await page.locator('.epochs tbody tr').nth(2).waitFor();
    await page.getByText('Reward').waitFor();
  },
  async 'of photos being selected'(page) {
    await page.goto(`${stage.origin}/photos`);
    await page.getByRole('button', { name: 'Select photos' }).click();
    await page.locator('.pick').nth(1).click();
    await page.getByRole('status').getByText('1 selected').waitFor();
  },
  async 'of a photo about to be deleted'(page) {
    const [image] = (await stage.application.store.images.list({ limit: 1 })).items;
    await page.goto(`${stage.origin}/photos/${image?.id ?? ''}`);
    await page.getByRole('button', { name: 'Delete photo' }).click();
    await page.getByText('With it go').waitFor();
  },
  'of data sets': at(() => '/datasets', 'captions in English'),
  async 'of a data set being renamed'(page) {
    await page.goto(`${stage.origin}/datasets`);
    await page.getByRole('button', { name: 'Rename scenes' }).click();
    await page.getByLabel('Name of the data set').waitFor();
  },
  async 'of a data set about to be deleted'(page) {
    await page.goto(`${stage.origin}/datasets`);
    await page.getByRole('button', { name: 'Delete data set: scenes' }).click();
    await page.getByText('photos are deleted').waitFor();
  },
  async 'of a model about to be deleted'(page) {
    await page.goto(`${stage.origin}/training/${trainings[0] ?? ''}`);
    await page.getByRole('button', { name: 'Delete model: tiny' }).click();
    await page.getByText('Its file is deleted, with').waitFor();
  },
  'of no data sets': atEmpty('/datasets', 'There is no data set yet'),
  'of a search model’s training': at(() => `/training/${trainings[1] ?? ''}`, 'It is kept and not used'),
  'of a training that is unknown': at(() => '/training/nothing', 'That did not work'),
  'of a report on two models': at(() => `/report?model=${models.join()}`, 'What measures have in common with people'),
  'of a report that was not made': at(() => '/report?split=TEST', 'was not measured on the test split yet'),
  'to caption photos, without any': atEmpty('/', 'Drop photographs here'),
  'of no photos': atEmpty('/photos', 'No photos yet'),
  'of no trainings': atEmpty('/training', 'Nothing has been trained yet'),
  'of a report without photos': atEmpty('/report', 'with fewer figures'),
  async 'without a connection'(page) {
    await page.goto(`${stage.origin}/photos`);
    await page.locator('.grid img').first().waitFor();
    await page.context().setOffline(true);
    await page.getByText('No connection to the server').waitFor();
    await page.getByRole('searchbox').fill('circle');
    await page.getByText('The server does not answer').waitFor();
  },
};

/** Pixels by which things may be wider than the window. */
const overflowOf = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe.skipIf(missing !== undefined).each([
  ['on a desktop', DESKTOP],
  ['at 360 pixels', PHONE],
])('every view, %s,', (_, window) => {
  test.each(Object.entries(VIEWS))('%s keeps WCAG 2.2 AA in both themes, and its place', async (name, show) => {
    const { page } = await openTab(browser, { window, theme: 'light' });
    await page.addInitScript(watchShifts);
    await show(page);
    await page.waitForLoadState('networkidle');
    await expectAccessible(page, `${name}, light`);
    expect(await overflowOf(page), `${name} is wider than the window`).toBeLessThanOrEqual(0);
    const { shift, moved } = await page.evaluate(readShifts);
    expect(shift, `${name} moves: ${moved.join(', ')}`).toBeLessThan(0.01);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, `${name}, dark`);
    await page.context().close();
  });
});

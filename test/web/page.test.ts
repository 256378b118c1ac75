import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { ImageId, TrainingJobId } from '../../src/ids.js';
import { launch, missing, openTab, type Tab } from './browser.js';
import { drop, readLoad, slowestInteraction } from './observe.js';
import { newScenes, openStage, type Stage } from './stage.js';

if (missing !== undefined) console.warn(`The tests of the page are skipped: ${missing}.`);

/** A training is longer in coming than what else is waited for on a page. */
const TRAINING_PATIENCE = 240_000;

let stage: Stage;
let browser: Browser;
let tab: Tab;
beforeAll(async () => {
  if (missing !== undefined) return;
  [stage, browser] = await Promise.all([openStage(), launch()]);
  tab = await openTab(browser);
});
afterAll(async () => {
  if (missing !== undefined) return;
  await browser.close();
  await stage.close();
});

const go = (path: string, page: Page = tab.page) => page.goto(`${stage.origin}${path}`);

describe.skipIf(missing !== undefined)('the page', () => {
  test('captions photos that are dropped, says who wrote it and shows where the model looked', async () => {
    const { page } = tab;
    await go('/');
    await drop(page, await newScenes(2));
    const plates = page.getByRole('list', { name: 'Photos you added' }).getByRole('article');
    await plates.nth(1).getByText('A machine wrote').waitFor();
    const plate = plates.first();
    await plate.getByText('A machine wrote').waitFor();
    expect(await plate.getByText(/untrained, \d+ % sure/).count()).toBe(1);
    const words = plate.getByRole('button', { name: /\d+ % sure/ });
    await words.first().focus();
    const light = plate.locator('canvas.shown');
    await light.waitFor();
    expect(await light.evaluate(brightness)).toMatchObject({ brightest: 0 });
    const alt = (await plate.getByRole('img').getAttribute('alt')) ?? '';
    // A model that was never trained is sure of nothing.
    expect(alt).toBe(`Image may show: ${(await plate.locator('.word').allInnerTexts()).join(' ')}`);
    await plate.getByRole('button', { name: 'Copy as alt text' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(alt);
  });

  test("keeps a person's words beside the machine's, and a rating", async () => {
    const { page } = tab;
    const plate = page.getByRole('article').first();
    await plate.getByRole('button', { name: 'Write a better one' }).click();
    await plate.getByRole('textbox').fill('A lighthouse at dawn');
    await plate.getByRole('button', { name: 'Keep' }).click();
    await plate.getByText('A person wrote', { exact: true }).waitFor();
    expect(await plate.getByText('The machine wrote').count()).toBe(1);
    await plate.getByRole('radio', { name: '2, Poor' }).check();
    await plate.getByText('Noted, thank you').waitFor();
    const id = (await plate.getByRole('link', { name: 'Open in Photos' }).getAttribute('href'))
      ?.split('/')
      .at(-1) as ImageId;
    const captions = (await stage.application.store.captions.referencesOf([id])).get(id);
    expect(captions?.map(({ text }) => text)).toEqual(['A lighthouse at dawn']);
    expect((await stage.application.store.ratings.ofImages([id])).get(id)).toMatchObject([{ count: 1, mean: 2 }]);
  });

  test('reads a caption aloud, and lets one choose among the wordings that the model considered', async () => {
    const { page } = tab;
    const plate = page.getByRole('article').nth(1);
    // Debian's chromium has no voice: what it would say is written down.
    await page.evaluate(() => {
      speechSynthesis.speak = ({ text }) => {
        document.body.dataset['said'] = text;
      };
    });
    await plate.getByRole('button', { name: 'Read aloud' }).click();
    expect(await page.locator('body').getAttribute('data-said')).toBe(await plate.getByRole('img').getAttribute('alt'));
    await plate.getByText('Other wordings of the model').click();
    const wordings = plate.locator('.candidate');
    await wordings.nth(1).waitFor();
    const chosen = await wordings.nth(1).locator('.sentence').innerText();
    await wordings.nth(1).click();
    await plate.getByText('A machine wrote it, a person chose it').waitFor();
    expect(await plate.getByRole('img').getAttribute('alt')).toBe(chosen);
  });

  test('follows a training to its end, over a restart of the server, with every loss as it is stored', async () => {
    const { page } = tab;
    await go('/training');
    await page.getByLabel('Epochs', { exact: true }).fill('5');
    await page.getByLabel('Data set').selectOption({ label: 'scenes' });
    await page.getByLabel('Name of the model').fill('watched');
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.getByRole('heading', { name: 'watched' }).waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1) as TrainingJobId;
    await page.getByText('The curves as a table').click();
    const rows = page.locator('.epochs tbody tr');
    await rows.first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await rows.nth(1).waitFor();
    await stage.stop();
    await page.getByText('The connection is lost').waitFor();
    await stage.start();
    await page.getByText('It became the model').waitFor({ timeout: TRAINING_PATIENCE });
    const stored = (await stage.application.store.trainingJobs.epochs(id)).map(({ epoch, loss }) => ({ epoch, loss }));
    expect(stored).toHaveLength(5);
    const shown = await page
      .locator('.epochs tbody data')
      .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLDataElement).value)));
    expect(shown).toEqual(stored.map(({ loss }) => loss));
    expect(await readCurve(page, 5)).toEqual(stored.map(({ loss }) => loss.toFixed(3)));
    expect(await page.locator('.samples li').count()).toBe(5);
    await page.getByText('photos of scenes', { exact: false }).first().waitFor();
    tab.faults.splice(0, tab.faults.length, ...tab.faults.filter((fault) => !/ERR_CONNECTION|WebSocket/.test(fault)));
  });

  test('says what came of the training, switches to it, and has it write what the other model wrote', async () => {
    const { page } = tab;
    const { store } = stage.application;
    const outcome = page.locator('.outcome');
    expect(await outcome.innerText()).toMatch(
      /^The new model is .+ on 8 held-out photos of scenes \(CIDEr-D \d\.\d{3} instead of \d\.\d{3}; .+\)\. It is kept and not used\.$/,
    );
    expect(await store.models.current()).toMatchObject({ name: 'untrained' });
    await page.getByRole('button', { name: 'Use this model' }).click();
    await page.getByText('watched captions from now on.').first().waitFor();
    const watched = await store.models.current();
    if (watched?.name !== 'watched') throw new Error('the model was not switched');
    // The two photos that were dropped.
    expect(await store.captions.countOnlyOfOthers(watched.id)).toBe(2);
    await page.getByRole('button', { name: 'Caption 2 photos again that only other models have written for' }).click();
    await page.getByText('The photos are being captioned again.').first().waitFor();
    await expect.poll(() => store.captions.countOnlyOfOthers(watched.id)).toBe(0);
  });

  test('reports what models are worth, beside each other, as a file too', async () => {
    const { page } = tab;
    await go('/report');
    await page.getByRole('row', { name: /BLEU-4/ }).waitFor();
    for (const name of ['untrained', 'watched']) {
      await page.getByRole('button', { name: `Use for new photos: ${name}` }).click();
      await page.getByText(`${name} captions new photos`).waitFor();
      expect(await stage.application.store.models.current()).toMatchObject({ name });
    }
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV', exact: true }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('bleu-report-dev.csv');
    expect((await readFile(await file.path(), 'utf8')).split('\r\n')[1]).toMatch(/^watched,scenes,/);
  });

  test('measures on the data set that is chosen, and lets figures of different photos not stand side by side unnamed', async () => {
    const { page } = tab;
    const { application } = stage;
    await importDataset(
      { ...openScenes({ seed: 5, train: 0, dev: 3 }), name: 'others', origin: 'others' },
      await application.collection(),
    );
    await go('/report');
    const column = (name: string) => page.getByRole('columnheader', { name });
    await column('watched on scenes').waitFor();
    await page.getByRole('combobox', { name: 'Data set' }).selectOption({ label: 'others' });
    await page.getByText('watched was not measured on the dev split of others yet').waitFor();
    await page.getByRole('button', { name: 'Measure it now' }).click();
    await column('watched on others').waitFor();
    expect(
      await page
        .getByRole('row', { name: /^Photos/ })
        .getByRole('cell')
        .nth(1)
        .innerText(),
    ).toBe('3');
    await page.getByRole('heading', { name: 'Photos of others by CIDEr-D of watched' }).waitFor();
    await page.locator('.extremes li').nth(2).waitFor();
    expect(await page.locator('.extremes li').count()).toBe(3);
    // Both on the same photos: they may be compared.
    await page.getByRole('checkbox', { name: /^untrained/ }).check();
    await page.getByRole('button', { name: 'Measure it now' }).click();
    await page.getByRole('heading', { name: /less .+, on 3 photos of others that both have captioned/ }).waitFor();
    // What was measured last is of others; the figures of scenes are there still.
    await page.getByRole('combobox', { name: 'Data set' }).selectOption({ label: 'scenes' });
    await page.getByRole('heading', { name: /on 8 photos of scenes that both have captioned/ }).waitFor();
    await page.getByRole('combobox', { name: 'Data set' }).selectOption({ label: 'All together' });
    await page.getByText('watched was not measured on the dev split of all data sets yet').waitFor();
    const untrained = (await application.store.models.ofTask('CAPTION')).find(({ name }) => name === 'untrained');
    if (!untrained) throw new Error('there is no such model');
    await application.evaluate({ modelId: untrained.id, split: 'dev' });
    await page.getByRole('combobox', { name: 'Data set' }).selectOption({ label: 'Any that was measured' });
    await page.getByRole('note').getByText('These figures are of different photos and cannot be compared').waitFor();
    await column('untrained on all data sets').waitFor();
    await column('watched on others').waitFor();
    expect(await page.getByText('that both have captioned').count()).toBe(0);
    expect(await page.locator('.intervals .legend').innerText()).toContain('watched on 3 photos of others');
    await page.getByRole('button', { name: 'Measure them on the same photos' }).click();
    await page.getByRole('heading', { name: /on 11 photos of all data sets that both have captioned/ }).waitFor();
    expect(await page.getByRole('note').count()).toBe(0);
  });

  test('deletes a model that is not in use, once it has said what goes with it', async () => {
    const { page } = tab;
    const { models } = stage.application.store;
    expect(await page.getByRole('button', { name: 'Delete model: watched' }).count()).toBe(0);
    const button = page.getByRole('button', { name: 'Delete model: untrained' });
    const dialog = page.getByRole('dialog', { name: 'Delete the model untrained?' });
    await button.click();
    await expect
      .poll(() => dialog.innerText())
      .toContain('Its file is deleted, with 2 captions, 1 rating of what it wrote, and 4 evaluations.');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    await button.click();
    await dialog.getByRole('button', { name: 'Delete model' }).click();
    await dialog.waitFor({ state: 'detached' });
    await button.waitFor({ state: 'detached' });
    expect((await models.ofTask('CAPTION')).filter(({ shipped }) => !shipped).map(({ name }) => name)).toEqual([
      'watched',
    ]);
  });

  test('comes in little and answers at once', async () => {
    const { page } = await openTab(browser);
    await go('/', page);
    await page.waitForLoadState('networkidle');
    const load = await page.evaluate(readLoad);
    console.log(
      `first load: ${Math.round(load.bytes / 100) / 10} kB, largest paint after ${Math.round(load.largestPaint)} ms`,
    );
    expect(load.bytes).toBeLessThan(150_000);
    await page.getByRole('link', { name: 'Photos', exact: true }).click();
    await page.getByRole('searchbox').pressSequentially('square');
    await page.locator('mark').first().waitFor();
    console.log(`slowest answer to a key or a click: ${Math.round(await page.evaluate(slowestInteraction))} ms`);
    await page.context().close();
  });

  test('breaks none of its own rules and logs no error', () => {
    expect(tab.faults).toEqual([]);
  });
});

/** How dark the least and the most darkened places of the photo are, 0 to 255. */
function brightness(canvas: SVGElement | HTMLElement): { brightest: number; darkest: number } {
  if (!(canvas instanceof HTMLCanvasElement)) throw new Error('no canvas');
  const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  const alphas = Array.from(pixels).filter((_, index) => index % 4 === 3);
  return { brightest: Math.min(...alphas), darkest: Math.max(...alphas) };
}

/** What the loss curve says under the pointer at each epoch. */
async function readCurve(page: Page, epochs: number): Promise<(string | null)[]> {
  const chart = page.locator('.chart', { hasText: 'Mean of the epoch' });
  const box = await chart.locator('.u-over').boundingBox();
  if (!box) throw new Error('there is no curve');
  const read: (string | null)[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    await page.mouse.move(box.x + (box.width * epoch) / epochs - 1, box.y + box.height / 2);
    read.push(await chart.locator('.u-series').last().locator('.u-value').textContent());
  }
  return read;
}

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainingJobId } from '../../src/ids.js';
import { DESKTOP, expectAccessible, launch, missing, openTab, PHONE, type Tab, type Theme } from './browser.js';
import { newScenes, openStage, type Stage } from './stage.js';

if (missing !== undefined) console.warn(`The tests of the page are skipped: ${missing}.`);

/** A machine with other things to do takes several times as long. */
const PATIENCE = 240_000;

let stage: Stage;
let browser: Browser;
let tab: Tab;
beforeAll(async () => {
  if (missing !== undefined) return;
  [stage, browser] = await Promise.all([openStage(), launch()]);
  tab = await openTab(browser);
}, PATIENCE);
afterAll(async () => {
  if (missing !== undefined) return;
  await browser.close();
  await stage.close();
});

const go = (path: string, page: Page = tab.page) => page.goto(`${stage.origin}${path}`);

describe.skipIf(missing !== undefined)('the page', { timeout: PATIENCE }, () => {
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
    expect(alt.split(' ')).toHaveLength(await words.count());
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
    const [newest] = (await stage.application.store.images.list({ limit: 2 })).items.reverse();
    const captions = newest && (await stage.application.store.captions.referencesOf([newest.id])).get(newest.id);
    expect(captions?.map(({ text }) => text)).toContain('A lighthouse at dawn');
  });

  test('finds photos while one types, and says why', async () => {
    const { page } = tab;
    await page.getByRole('link', { name: 'Photos', exact: true }).click();
    await page.getByRole('list', { name: 'Photos', exact: true }).getByRole('img').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('lighthouse dawn');
    const marked = page.locator('mark', { hasText: 'lighthouse' });
    await marked.waitFor();
    expect(await page.getByRole('list', { name: 'Photos', exact: true }).getByRole('link').count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('q')).toBe('lighthouse dawn');
  });

  test('is used by keyboard alone: arrows lead through the photos, Enter opens one, Escape leads back', async () => {
    const { page } = tab;
    await go('/photos');
    const photos = page.getByRole('list', { name: 'Photos', exact: true });
    await photos.getByRole('link').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.evaluate(() => Number(document.activeElement?.getAttribute('data-index')))).toBeGreaterThan(1);
    const opened = await page.evaluate(() => document.activeElement?.querySelector('img')?.alt);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('img', { name: opened ?? '' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(`${stage.origin}/photos`);
    expect(await page.evaluate(() => document.activeElement?.querySelector('img')?.alt)).toBe(opened);
  });

  test('shows what looks like a photo', async () => {
    const { page } = tab;
    await page.getByRole('list', { name: 'Photos', exact: true }).getByRole('link').first().click();
    await page.getByRole('dialog').getByRole('link', { name: 'More like this' }).click();
    await page.getByText(/\d+ % alike/).first().waitFor();
  });

  test('follows a training to its end, over a restart of the server, with every loss as it is stored', async () => {
    const { page } = tab;
    await go('/training');
    await page.getByLabel('Epochs', { exact: true }).fill('5');
    await page.getByLabel('Data set').fill('scenes');
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
    await page.getByText('It became the model').waitFor({ timeout: PATIENCE });
    const stored = (await stage.application.store.trainingJobs.epochs(id)).map(({ epoch, loss }) => ({ epoch, loss }));
    expect(stored).toHaveLength(5);
    const shown = await page.locator('.epochs tbody data').evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLDataElement).value)));
    expect(shown).toEqual(stored.map(({ loss }) => loss));
    expect(await readCurve(page, 5)).toEqual(stored.map(({ loss }) => loss.toFixed(3)));
    expect(await page.locator('.samples li').count()).toBe(5);
    tab.faults.splice(0, tab.faults.length, ...tab.faults.filter((fault) => !/ERR_CONNECTION|WebSocket/.test(fault)));
  });

  test('reports what models are worth, beside each other, as a file too', async () => {
    const { page } = tab;
    await go('/report');
    await page.getByRole('row', { name: /BLEU-4/ }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV', exact: true }).click();
    expect((await download).suggestedFilename()).toBe('bleu-report-dev.csv');
  });

  test('comes in little and answers at once', async () => {
    const { page } = await openTab(browser);
    await go('/', page);
    await page.waitForLoadState('networkidle');
    const load = await page.evaluate(readLoad);
    console.log(`first load: ${Math.round(load.bytes / 100) / 10} kB, largest paint after ${Math.round(load.largestPaint)} ms`);
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

describe.skipIf(missing !== undefined)('every view', { timeout: PATIENCE }, () => {
  const views = ['/', '/photos', '/photos?q=circle', '/training', '/report'];
  test.each<[Theme, typeof DESKTOP]>([['light', DESKTOP], ['dark', PHONE]])('keeps WCAG 2.2 AA and stays in its place, %s', async (theme, window) => {
    const { page, faults } = await openTab(browser, { window, theme });
    await page.addInitScript(watchShifts);
    for (const path of views) {
      await go(path, page);
      await page.waitForLoadState('networkidle');
      await expectAccessible(page, `${path}, ${theme}`);
      const { shift, overflow } = await page.evaluate(() => ({
        shift: (globalThis as unknown as { shift: number }).shift,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      }));
      expect(shift, `${path} moves`).toBeLessThan(0.01);
      expect(overflow, `${path} is wider than the window`).toBeLessThanOrEqual(0);
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

/** Sums the layout shifts that nobody caused by a key or a click. */
function watchShifts(): void {
  const shared = globalThis as unknown as { shift: number };
  shared.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      if (!entry.hadRecentInput) shared.shift += entry.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Bytes of the page and its files as they came over the network, photos aside, and when most of it was to be seen. */
async function readLoad(): Promise<{ bytes: number; largestPaint: number }> {
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] as PerformanceResourceTiming[];
  const bytes = entries.filter(({ name }) => !name.includes('/images/')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  const largestPaint = await new Promise<number>((resolve) => {
    new PerformanceObserver((list) => {
      resolve(list.getEntries().at(-1)?.startTime ?? 0);
    }).observe({ type: 'largest-contentful-paint', buffered: true });
  });
  return { bytes, largestPaint };
}

/** In milliseconds, from a key or a click to the paint that answers it, as the Event Timing API tells it. */
function slowestInteraction(): Promise<number> {
  return new Promise((resolve) => {
    const options = { type: 'event', buffered: true, durationThreshold: 16 };
    new PerformanceObserver((list) => {
      resolve(Math.max(...list.getEntries().map(({ duration }) => duration)));
    }).observe(options);
    // Nothing took longer than the shortest that is told.
    setTimeout(() => { resolve(options.durationThreshold); }, 500);
  });
}

/** Drops files on the page, as from a folder. */
async function drop(page: Page, files: readonly { name: string; bytes: Uint8Array }[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  const dataTransfer = await page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of list) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name, { type: 'image/png' }));
    }
    return transfer;
  }, given);
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}

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

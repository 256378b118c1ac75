/** Finding photos on the page: by words, by what is to be seen, by a photo, and by keyboard. */
import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, missing, openTab, type Tab } from './browser.js';
import { drop } from './observe.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
let browser: Browser;
let tab: Tab;
let page: Page;
let photos: Locator;
beforeAll(async () => {
  if (missing !== undefined) return;
  [stage, browser] = await Promise.all([openStage(), launch()]);
  tab = await openTab(browser);
  ({ page } = tab);
  photos = page.getByRole('list', { name: 'Photos', exact: true });
});
afterAll(async () => {
  if (missing !== undefined) return;
  await browser.close();
  await stage.close();
});

const go = (path: string) => page.goto(`${stage.origin}${path}`);
const search = (text: string, mode: 'hybrid' | 'text' | 'semantic' = 'hybrid') => stage.application.searchImages({ text, mode, limit: 100, filter: {} });

/** The ids of the photos that are shown, in their order. */
const shown = () => photos.getByRole('link').evaluateAll((links) => links.map((link) => new URL((link as HTMLAnchorElement).href).pathname.split('/').at(-1)));

describe.skipIf(missing !== undefined)('the photos', () => {
  test('are found while one types, by words and by sight, with the reason for each', async () => {
    await go('/');
    await page.getByRole('link', { name: 'Photos', exact: true }).click();
    await photos.getByRole('img').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('red circle');
    await page.locator('mark', { hasText: 'circle' }).first().waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('red circle');
    await page.getByText('by words and by sight, the best first').waitFor();
    const { hits } = await search('red circle');
    const ids = await shown();
    expect(ids).toEqual(hits.slice(0, ids.length).map(({ imageId }) => imageId));
    expect(await photos.locator('.signals').first().innerText()).toMatch(/^words, sight -?\d\.\d\d$/);
  });

  test('are searched as one says, and only among those that the filters leave', async () => {
    await page.getByText('Filters', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Search by' }).selectOption('TEXT');
    await page.getByText('by the words of captions, the best first').waitFor();
    const byWords = (await search('red circle', 'text')).hits.length;
    await page.locator('.found').getByText(new RegExp(`^${byWords} photos`)).waitFor();
    await page.getByRole('combobox', { name: 'Split' }).selectOption('DEV');
    await page.getByText('of those the filters leave').waitFor();
    const { hits } = await stage.application.searchImages({ text: 'red circle', mode: 'text', limit: 100, filter: { split: 'dev' } });
    await expect.poll(shown).toEqual(hits.map(({ imageId }) => imageId));
    await page.getByLabel('Added until').fill('2020-01-31');
    await page.getByText('No photo says that').waitFor();
    await page.getByRole('button', { name: 'Take all filters off' }).click();
    await page.locator('.found').getByText(new RegExp(`^${byWords} photos`)).waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('combobox', { name: 'Captions' }).selectOption('machine');
    await page.getByText('No photo is left').waitFor();
  });

  test('are found though a word is misspelt, and the page says how it was understood', async () => {
    await go('/photos?mode=TEXT');
    await page.getByRole('searchbox').fill('a cirlce');
    await page.locator('.found').getByText('Did you mean “a circle”?').waitFor();
    await page.locator('mark', { hasText: 'circle' }).first().waitFor();
    await page.getByRole('searchbox').fill('qqqqqqqqq');
    await page.locator('.found').getByText('No caption has “qqqqqqqqq”').waitFor();
    await page.getByText('No photo says that').waitFor();
  });

  test('that look like one are shown, those that are much the same marked', async () => {
    await go('/photos');
    await photos.getByRole('link').first().click();
    await page.getByRole('dialog').getByRole('link', { name: 'More like this' }).click();
    await page.getByText(/\d+ % alike/).first().waitFor();
    expect(await page.locator('.like-photo img').getAttribute('alt')).toBeTruthy();
  });

  test('are searched by a photo that is dropped, which is not added', async () => {
    const { store } = stage.application;
    const [known] = (await store.images.list({ limit: 1 })).items;
    const bytes = known && (await store.images.readBytes(known.id));
    if (!known || !bytes) throw new Error('there is no photo');
    const before = await store.images.count();
    await go('/photos');
    await photos.getByRole('link').first().waitFor();
    await drop(page, [{ name: 'mine.png', bytes }]);
    await page.getByText('It was sent to be looked at, and not added').waitFor();
    await photos.getByText('100 % alike, much the same picture').first().waitFor();
    expect((await shown())[0]).toBe(known.id);
    expect(await store.images.count()).toEqual(before);
    await page.reload();
    await page.getByText('That photo is no longer here').waitFor();
  });

  test('are gone through by keyboard alone: arrows lead on, Enter opens one, Escape leads back', async () => {
    await go('/photos');
    await photos.getByRole('link').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.evaluate(() => Number(document.activeElement?.getAttribute('data-index')))).toBeGreaterThan(1);
    const opened = await page.evaluate(() => document.activeElement?.querySelector('img')?.alt);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('img', { name: opened ?? '' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => dialog.getByRole('img').getAttribute('alt')).not.toBe(opened);
    await page.keyboard.press('ArrowLeft');
    await dialog.getByRole('img', { name: opened ?? '' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(`${stage.origin}/photos`);
    expect(await page.evaluate(() => document.activeElement?.querySelector('img')?.alt)).toBe(opened);
  });

  test.each(['CSV', 'JSON'])('have their alt texts exported as %s', async (format) => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: format, exact: true }).click();
    const text = await readFile(await (await download).path(), 'utf8');
    const { items } = await stage.application.store.images.list({ limit: 100 });
    const [first] = items;
    const { text: alt } = await stage.application.altText((first ?? { id: undefined as never }).id);
    if (format === 'CSV') {
      const lines = text.trimEnd().split('\r\n');
      expect(lines).toHaveLength(items.length + 1);
      expect(lines[1]).toBe(`${first?.name ?? ''},${first?.sha256 ?? ''},${alt},person,scenes,1`);
    } else {
      const rows = JSON.parse(text) as unknown[];
      expect(rows).toHaveLength(items.length);
      expect(rows[0]).toEqual({ file: first?.name, sha256: first?.sha256, altText: alt, writtenBy: 'person', author: 'scenes', confidence: 1 });
    }
  });

  test('break none of the rules of the page and log no error', () => {
    expect(tab.faults).toEqual([]);
  });
});

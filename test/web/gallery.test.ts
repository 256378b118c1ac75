/** Finding photos on the page: by words, by what is to be seen, by a photo, and by keyboard. */
import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageId } from '../../src/ids.js';
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
const search = (text: string, mode: 'hybrid' | 'text' | 'semantic' = 'hybrid') =>
  stage.application.searchImages({ text, mode, limit: 100, filter: {} });

/** The ids of the photos that are shown, in their order. */
const shown = () =>
  photos
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => new URL((link as HTMLAnchorElement).href).pathname.split('/').at(-1)));

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
    await page
      .locator('.found')
      .getByText(new RegExp(`^${byWords} photos`))
      .waitFor();
    await page.getByRole('combobox', { name: 'Split' }).selectOption('DEV');
    await page.getByText('of those the filters leave').waitFor();
    const { hits } = await stage.application.searchImages({
      text: 'red circle',
      mode: 'text',
      limit: 100,
      filter: { split: 'dev' },
    });
    await expect.poll(shown).toEqual(hits.map(({ imageId }) => imageId));
    await page.getByLabel('Added until').fill('2020-01-31');
    await page.getByText('No photo says that').waitFor();
    await page.getByRole('button', { name: 'Take all filters off' }).click();
    await page
      .locator('.found')
      .getByText(new RegExp(`^${byWords} photos`))
      .waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('combobox', { name: 'Captions' }).selectOption('machine');
    await page.getByText('No photo is left').waitFor();
  });

  test('are found though a word is misspelt, and the page says how it was understood', async () => {
    await go('/photos?mode=TEXT');
    await page.getByRole('searchbox').fill('a cirlce');
    await page.locator('.found').getByText('Did you mean “a circle”?').waitFor();
    await page.locator('mark', { hasText: 'circle' }).first().waitFor();
    await page.locator('.found').getByText('so “circle” is searched instead of “cirlce”.').waitFor();
    // One click has it searched as it was typed.
    await page.getByRole('link', { name: 'Search for “a cirlce” as typed' }).click();
    await page.locator('.found').getByText('Searched as typed.').waitFor();
    await page.getByText('No photo says that').waitFor();
    expect(new URL(page.url()).searchParams.get('exact')).toBe('yes');
    expect(await page.getByRole('searchbox').inputValue()).toBe('a cirlce');
    await page.getByRole('searchbox').fill('qqqqqqqqq');
    await page.locator('.found').getByText('No caption has “qqqqqqqqq”').waitFor();
    await page.getByText('No photo says that').waitFor();
  });

  test('that look like one are shown, those that are much the same marked', async () => {
    await go('/photos');
    await photos.getByRole('link').first().click();
    await page.getByRole('dialog').getByRole('link', { name: 'More like this' }).click();
    await page
      .getByText(/\d+ % alike/)
      .first()
      .waitFor();
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
    await expect
      .poll(() => page.evaluate(() => Number(document.activeElement?.getAttribute('data-index'))))
      .toBeGreaterThan(1);
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
    const alt = (await stage.application.altText((first ?? { id: undefined as never }).id))?.text;
    if (format === 'CSV') {
      const lines = text.trimEnd().split('\r\n');
      expect(lines).toHaveLength(items.length + 1);
      expect(lines[1]).toBe(`${first?.name ?? ''},${first?.sha256 ?? ''},${alt},person,scenes,1`);
    } else {
      const rows = JSON.parse(text) as unknown[];
      expect(rows).toHaveLength(items.length);
      expect(rows[0]).toEqual({
        file: first?.name,
        sha256: first?.sha256,
        altText: alt,
        writtenBy: 'person',
        author: 'scenes',
        confidence: 1,
      });
    }
  });

  test('are deleted one by one, with what was written about them, once that is confirmed', async () => {
    const { images } = stage.application.store;
    const before = await images.count();
    await go('/photos');
    await photos.getByRole('link').nth(1).focus();
    await page.keyboard.press('Enter');
    const [first, second, third] = await shown();
    const opened = page.getByRole('dialog', { name: 'Photo', exact: true });
    const asked = page.getByRole('dialog', { name: 'Delete this photo?' });
    await opened.getByRole('button', { name: 'Delete photo' }).click();
    await asked.getByText(/^With it go 5 captions of people and data sets, /).waitFor();
    // The arrows lead to no other photo meanwhile.
    await page.keyboard.press('ArrowRight');
    await asked.getByText('Importing scenes again brings back the photo').waitFor();
    await page.keyboard.press('Escape');
    await asked.waitFor({ state: 'detached' });
    expect(await images.count()).toEqual(before);
    await opened.getByRole('button', { name: 'Delete photo' }).press('Enter');
    await asked.getByRole('button', { name: 'Delete photo' }).press('Enter');
    await opened.waitFor({ state: 'detached' });
    await page.waitForURL(`${stage.origin}/photos`);
    await expect.poll(shown).not.toContain(second);
    expect((await shown()).slice(0, 2)).toEqual([first, third]);
    expect(await images.find(second as ImageId)).toBeUndefined();
    expect(await images.count()).toEqual({ ...before, count: before.count - 1 });
    await page
      .locator('.found')
      .getByText(`${before.count - 1} photos`)
      .waitFor();
    // The next photo has the focus.
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-index'))).toBe('1');
  });

  test('are selected by keyboard and deleted together; what forbids it is said in the dialog', async () => {
    const { images, jobs } = stage.application.store;
    const before = await images.count();
    const [first, second, third] = await shown();
    await page.getByRole('button', { name: 'Select photos' }).click();
    const boxes = photos.getByRole('checkbox');
    await boxes.first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await page.getByRole('status').getByText('2 selected').waitFor();
    expect(
      (await boxes.nth(0).isChecked()) && (await boxes.nth(1).isChecked()) && !(await boxes.nth(2).isChecked()),
    ).toBe(true);
    const job = await jobs.create({ kind: 'import', settings: { path: 'scenes' } });
    await jobs.begin(job.id);
    await page.getByRole('button', { name: 'Delete photos' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete these 2 photos?' });
    await dialog.getByRole('button', { name: 'Delete photos' }).click();
    await dialog.getByRole('alert').getByText('The photos cannot be deleted while the import job').waitFor();
    expect(await images.count()).toEqual(before);
    await jobs.end(job.id, { state: 'CANCELLED' });
    await dialog.getByRole('button', { name: 'Delete photos' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(async () => (await shown())[0]).toBe(third);
    for (const id of [first, second]) expect(await images.find(id as ImageId)).toBeUndefined();
    expect(await boxes.count()).toBe(0);
  });

  test('break none of the rules of the page and log no error', () => {
    expect(tab.faults).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)('the data sets', () => {
  const article = (name: string) => page.getByRole('article', { name, exact: true });

  test('are listed with what they hold, and lead to their photos', async () => {
    const { datasets } = stage.application.store;
    await page.getByRole('link', { name: 'Data sets' }).click();
    await article('scenes').waitFor();
    const [scenes] = await datasets.list();
    if (!scenes) throw new Error('there is no data set');
    const figures = (await datasets.figures([scenes.id])).get(scenes.id);
    const { images, captions, splits } = figures ?? { images: 0, captions: 0, splits: { train: 0, dev: 0, test: 0 } };
    expect(await article('scenes').getByRole('definition').allInnerTexts()).toEqual(
      [images, captions, splits.train, splits.dev, splits.test].map(String),
    );
    await article('scenes')
      .getByText(/^Drawn by the program, captions in English, imported /)
      .waitFor();
    await article('scenes').getByRole('link', { name: 'scenes' }).click();
    await page.locator('.found').getByText(`${images} photos`).waitFor();
    expect(await page.getByRole('combobox', { name: 'Data set' }).locator('option:checked').innerText()).toBe('scenes');
  });

  test('are renamed by keyboard, and their new name stands everywhere', async () => {
    await go('/datasets');
    await article('scenes').getByRole('button', { name: 'Rename scenes' }).press('Enter');
    await page.getByLabel('Name of the data set').and(page.locator(':focus')).waitFor();
    await page.keyboard.type('shapes');
    await page.keyboard.press('Enter');
    await article('shapes').getByRole('heading', { name: 'shapes' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Rename shapes');
    await page.keyboard.press('Enter');
    await page.getByLabel('Name of the data set').fill('neither');
    await page.keyboard.press('Escape');
    expect((await stage.application.store.datasets.list()).map(({ name }) => name)).toEqual(['shapes']);
    await go('/training');
    await page.getByLabel('Data set').selectOption({ label: 'shapes' });
  });

  test('are not deleted under a training, which is named; then with their photos, but for those that people described', async () => {
    const { store, training } = stage.application;
    const [kept] = (await store.images.list({ limit: 1 })).items;
    if (!kept) throw new Error('there is no photo');
    await store.peopleCaptions.add(kept.id, 'mine', 'people/written');
    const waiting = await training.start({ name: 'waiting', dataset: 'shapes', settings: { epochs: 1 } });
    await training.pause(waiting.id);
    await go('/datasets');
    await article('shapes').getByRole('button', { name: 'Delete data set: shapes' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete the data set shapes?' });
    const { count } = await store.images.count();
    await dialog.getByText(`${count - 1} photos are deleted`).waitFor();
    await dialog
      .getByText('1 other photo of it stays: in another data set, or uploaded or captioned by people.')
      .waitFor();
    await dialog.getByRole('button', { name: 'Delete data set' }).click();
    await dialog.getByRole('alert').getByText('(waiting) is paused').waitFor();
    expect((await store.images.count()).count).toBe(count);
    await training.cancel(waiting.id);
    await dialog.getByRole('button', { name: 'Delete data set' }).click();
    await page.getByText('There is no data set yet').waitFor();
    expect((await store.images.list({ limit: 9 })).items.map(({ id }) => id)).toEqual([kept.id]);
    await go(`/training/${waiting.id}`);
    await page.getByText('photos of a data set that was deleted').waitFor();
    await go('/datasets');
    await page
      .getByRole('article', { name: 'Deleted: shapes' })
      .getByRole('button', { name: 'Restore shapes' })
      .click();
    await article('shapes').waitFor();
    expect((await store.images.count()).count).toBe(count);
    expect(tab.faults).toEqual([]);
  });
});

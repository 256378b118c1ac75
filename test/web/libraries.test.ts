/** The page's libraries: a folder is added, scanned, looked through, written into and removed, as a person does it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launch, missing, openTab, PHONE } from './browser.js';
import { newScenes, openStage, type Stage } from './stage.js';

const FOLDER = 'holidays';

let root: string;
let stage: Stage;
let browser: Browser;
let page: Page;
let faults: string[];
beforeAll(async () => {
  if (missing !== undefined) return;
  root = await mkdtemp(join(tmpdir(), 'ekphrasis-web-libraries-'));
  await mkdir(join(root, FOLDER));
  for (const { name, bytes } of await newScenes(3)) await writeFile(join(root, FOLDER, name), bytes);
  [stage, browser] = await Promise.all([openStage({ importRoot: root }), launch()]);
  ({ page, faults } = await openTab(browser));
});
afterAll(async () => {
  if (missing !== undefined) return;
  await browser.close();
  await stage.close();
  await rm(root, { recursive: true });
});

const button = (name: string | RegExp) => page.getByRole('button', { name });
const library = () => page.getByRole('article', { name: `Library: ${FOLDER}` });

describe.skipIf(missing !== undefined)('libraries on the page', () => {
  test('a folder that may not be read is refused beside the form; one that may is added and scanned', async () => {
    await page.goto(`${stage.origin}/datasets`);
    const form = page.getByRole('form', { name: 'Add a library' });
    await form.getByLabel(/^Folder on the server/).fill('../elsewhere');
    await button('Add library').click();
    await form.getByRole('alert').waitFor();
    await form.getByLabel(/^Folder on the server/).fill(FOLDER);
    await button('Add library').click();
    await library().getByText('not scanned yet').waitFor();
    await button(`Scan ${FOLDER}`).click();
    await library().getByText('Found 3 new photos.').waitFor();
    await expectAccessible(page, 'a library');
    await page.setViewportSize(PHONE);
    await expectAccessible(page, 'a library on a phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('its photos are shown alone, and those whose files are gone are found', async () => {
    const [first] = await newScenes(1);
    await rm(join(root, FOLDER, first?.name ?? ''));
    await button(`Scan ${FOLDER}`).click();
    await library().getByText('Found 1 missing.').waitFor();
    await library().getByRole('link', { name: FOLDER, exact: true }).click();
    await page.getByText('3 photos').first().waitFor();
    await page.goBack();
    await page.getByRole('link', { name: `1 missing file of ${FOLDER}` }).click();
    await page.getByText('1 photo').first().waitFor();
    await page.locator('main img').first().click();
    await page
      .getByRole('dialog')
      .getByText(`${first?.name ?? ''} (missing)`)
      .waitFor();
    await page.goto(`${stage.origin}/datasets`);
  });

  test('what people wrote is counted, then written beside the photos', async () => {
    const [, second] = await newScenes(2);
    const name = second?.name ?? '';
    const { rows } = await stage.application.store.executeSql('SELECT "id" FROM "Image" WHERE "name" = $1', [name]);
    const [image] = rows as { id: string }[];
    const written = { imageId: image?.id, text: 'a red circle above a lake' };
    await stage.application.correctCaption(written as Parameters<typeof stage.application.correctCaption>[0]);
    await button(`Write captions into files of ${FOLDER}`).click();
    const dialog = page.getByRole('dialog');
    await expectAccessible(page, 'the dialog that writes');
    await dialog.getByRole('button', { name: 'Count first' }).click();
    await dialog.getByText(/^1 photo would be written/).waitFor();
    await expect(readFile(join(root, FOLDER, `${name}.xmp`))).rejects.toThrow('ENOENT');
    await dialog.getByRole('button', { name: 'Write captions' }).click();
    await dialog.getByText(/^1 photo was written/).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await readFile(join(root, FOLDER, `${name}.xmp`), 'utf8')).toContain('a red circle above a lake');
  });

  test('captions of files are adopted once a person has read what that means', async () => {
    await button(`Scan ${FOLDER}`).click();
    await library()
      .getByText(/^(Found|Nothing)/)
      .waitFor();
    await button(`Adopt captions of ${FOLDER}`).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Adopt captions' }).click();
    await page.getByText(/^\d captions? of holidays adopted/).waitFor({ state: 'attached' });
  });

  test('a library is removed and comes back out of the trash; its files stay as they are', async () => {
    await button(`Remove library: ${FOLDER}`).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove library' }).click();
    await library().waitFor({ state: 'detached' });
    const [, second] = await newScenes(2);
    await readFile(join(root, FOLDER, second?.name ?? ''));
    await button(/^Restore/)
      .first()
      .click();
    await library().waitFor();
    // The photo that is gone was never looked at: there is no small copy of it.
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([]);
  });
});

/**
 * Photographs every view of the page, on a phone and a desktop, light and dark, into docs/screenshots. Only scenes are
 * to be seen.
 *
 *     npm run build && npx tsc -p bench/screenshots && node dist/bench/bench/screenshots/run.js
 *
 * Two models are trained first, which takes minutes; with EKPHRASIS_DATA they are kept for the next time. Needs
 * Debian's chromium.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { openScenes } from '../../src/datasets/scenes.js';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';
import { openStage } from './open.js';

const FOLDER = join(PROGRAM_FOLDER, 'docs', 'screenshots');
const WINDOWS = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } } as const;
const THEMES = ['light', 'dark'] as const;

const stage = await openStage();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  await mkdir(FOLDER, { recursive: true });
  const photos = await newScenes();
  const views = await readViews();
  for (const theme of THEMES) {
    for (const [name, viewport] of Object.entries(WINDOWS)) {
      const context = await browser.newContext({
        viewport,
        colorScheme: theme,
        reducedMotion: 'reduce',
        deviceScaleFactor: 1.5,
      });
      const page = await context.newPage();
      for (const [view, show] of Object.entries(views)) {
        await show(page, photos);
        await page.waitForLoadState('networkidle');
        const path = join(FOLDER, `${view}-${name}-${theme}.webp`);
        await writeFile(
          path,
          await sharp(await page.screenshot())
            .webp({ quality: 80, effort: 6 })
            .toBuffer(),
        );
        console.log(path);
      }
      await context.close();
      await stage.forgetUploads();
    }
  }
} finally {
  await browser.close();
  await stage.close();
}

interface NewPhoto {
  readonly name: string;
  readonly base64: string;
}

/** Scenes that nobody was trained on. */
async function newScenes(): Promise<NewPhoto[]> {
  const photos: NewPhoto[] = [];
  for await (const item of openScenes({ seed: 7, train: 4, dev: 0 }).items) {
    photos.push({ name: item.name, base64: Buffer.from(await item.read()).toString('base64') });
  }
  return photos;
}

type Show = (page: Page, photos: readonly NewPhoto[]) => Promise<void>;

async function readViews(): Promise<Readonly<Record<string, Show>>> {
  const { models, trainings } = await stage.ids();
  const open = (page: Page, path: string) => page.goto(`${stage.origin}${path}`);
  return {
    async caption(page, photos) {
      await open(page, '/');
      await drop(page, photos);
      const first = page.locator('.plates article').first();
      await page.locator('.plates .word').first().waitFor();
      await first.locator('.word').last().focus();
      await first.locator('canvas.shown').waitFor();
      await first.scrollIntoViewIfNeeded();
    },
    async photos(page) {
      await open(page, '/photos');
      await page.locator('.grid img').first().waitFor();
    },
    async search(page) {
      await open(page, '/photos?q=two+red');
      await page.locator('mark').first().waitFor();
    },
    async photo(page) {
      await open(page, '/photos');
      await page.locator('.grid a').nth(3).click();
      await page.locator('dialog .word').first().waitFor();
    },
    async training(page) {
      await open(page, `/training/${trainings[0] ?? ''}`);
      await page.locator('.samples img').first().waitFor();
    },
    async runs(page) {
      await open(page, '/training');
      await page.locator('td input').first().waitFor();
      for (const box of await page.locator('td input').all()) await box.check();
      await page.locator('.charts canvas').first().waitFor();
    },
    async report(page) {
      await open(page, `/report?model=${models.join()}`);
      await page.locator('.extremes img').first().waitFor();
    },
  };
}

async function drop(page: Page, photos: readonly NewPhoto[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of given) {
      transfer.items.add(
        new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name, { type: 'image/png' }),
      );
    }
    return transfer;
  }, photos);
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}

/**
 * How smoothly the grid scrolls through many photos: the time between frames while a person would turn the wheel.
 *
 *     npm run build && npx tsc -p bench/gallery && node dist/bench/bench/gallery/run.js [PHOTOS]
 *
 * 10,000 scenes are stored without being looked at. The grid is scrolled twice at three windows a second: first while
 * its photos are fetched and their small copies made, then once more when the browser has them. Needs Debian's
 * chromium.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { pino } from 'pino';
import { startServer } from '../../src/api/server/server.js';
import { type Application, openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { openScenes, type SceneItem } from '../../src/datasets/scenes.js';
import type { ImageId } from '../../src/ids.js';
import { sha256Of } from '../../src/files/sha256.js';

const photos = Number(process.argv[2] ?? 10_000);
const BATCH = 200;
/** Pixels that are scrolled in a second. */
const SPEED = 2_700;

const directory = await mkdtemp(join(tmpdir(), 'gallery-'));
const application = await openApplication(loadConfig({ EKPHRASIS_DATA: directory, PORT: '0' }), {
  log: pino({ level: 'warn' }),
});
const server = await startServer(application);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  await store(application, photos);
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, chromium ${browser.version()}, ${photos} photos`,
  );
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${new URL(server.url).origin}/photos`);
  await page.locator('.grid img').first().waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  for (const round of ['first time', 'again']) {
    const before = await workOf(session);
    const frames = await scrollThrough(page);
    report(round, frames, (await workOf(session)) - before);
  }
  console.log(`nodes in the document: ${await page.evaluate(() => document.querySelectorAll('*').length)}`);
} finally {
  await browser.close();
  await server.close();
  await application.close();
  await rm(directory, { recursive: true });
}

async function store({ store: { images, datasets, datasetPhotos } }: Application, count: number): Promise<void> {
  const { id: datasetId } = await datasets.open({ name: 'scenes', origin: 'scenes', format: 'scenes' });
  let batch: { readonly image: Parameters<typeof images.add>[0][number]; readonly split: SceneItem['split'] }[] = [];
  const flush = async () => {
    const added = await images.add(batch.map(({ image }) => image));
    await datasetPhotos.put(
      datasetId,
      batch.map(({ image, split }, index) => ({
        imageId: added[index]?.id ?? ('' as ImageId),
        path: image.name,
        split,
        captions: [],
      })),
    );
    batch = [];
  };
  for await (const scene of openScenes({ seed: 1, train: count, dev: 0 }).items) {
    const bytes = await scene.read();
    const { name, split } = scene;
    batch.push({
      image: { sha256: sha256Of(bytes), mediaType: 'image/png', width: 224, height: 224, bytes, name },
      split,
    });
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
}

/** Scrolls from the top to the end. @returns milliseconds between frames */
function scrollThrough(page: Page): Promise<number[]> {
  return page.evaluate(async (speed) => {
    scrollTo(0, 0);
    await new Promise((resolve) => {
      setTimeout(resolve, 1_000);
    });
    return new Promise<number[]>((resolve) => {
      const gaps: number[] = [];
      let before = performance.now();
      const step = (now: number) => {
        gaps.push(now - before);
        // A frame that came late is scrolled on by as much as the eye would have followed.
        scrollBy(0, (speed * (now - before)) / 1_000);
        before = now;
        const { scrollHeight, clientHeight } = document.documentElement;
        if (scrollY + clientHeight >= scrollHeight - 2) resolve(gaps.slice(1));
        else requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
  }, SPEED);
}

/** Milliseconds that the page's scripts, styles and layout have taken so far. */
async function workOf(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  const seconds = metrics
    .filter(({ name }) => ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'].includes(name))
    .reduce((sum, { value }) => sum + value, 0);
  return seconds * 1_000;
}

function report(name: string, gaps: readonly number[], work: number): void {
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  const slow = sorted.filter((gap) => gap > 50).length;
  const perFrame = (work / gaps.length).toFixed(1);
  console.log(
    `${name}: ${sorted.length} frames, median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms, ${slow} over 50 ms; the page's own work ${perFrame} ms a frame`,
  );
}

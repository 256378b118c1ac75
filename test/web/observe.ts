/** What people do with a page, and what the browser tells of how it went. */
import type { Page } from 'playwright-core';

/** Drops files on the page, as from a folder. */
export async function drop(page: Page, files: readonly { name: string; bytes: Uint8Array }[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  const dataTransfer = await page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of list) {
      transfer.items.add(
        new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name, { type: 'image/png' }),
      );
    }
    return transfer;
  }, given);
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}

/** Sums the layout shifts that nobody caused by a key or a click, and says what moved. */
export function watchShifts(): void {
  type Shift = PerformanceEntry & {
    value: number;
    hadRecentInput: boolean;
    sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
  };
  const describe = ({ x, y, width, height }: DOMRect) => [x, y, width, height].map(Math.round).join();
  const shared = globalThis as unknown as { shift: number; moved: string[] };
  shared.shift = 0;
  shared.moved = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries() as Shift[]) {
      if (hadRecentInput) continue;
      shared.shift += value;
      shared.moved.push(
        ...sources.map(
          ({ node, previousRect, currentRect }) =>
            `${node instanceof Element ? `${node.localName}.${node.className}` : String(node?.nodeName)} from ${describe(previousRect)} to ${describe(currentRect)}`,
        ),
      );
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** What watchShifts saw. */
export function readShifts(): { shift: number; moved: string[] } {
  const { shift, moved } = globalThis as unknown as { shift: number; moved: string[] };
  return { shift, moved };
}

/** Bytes of the page and its files as they came over the network, photos aside, and when most of it was to be seen. */
export async function readLoad(): Promise<{ bytes: number; largestPaint: number }> {
  const entries = [
    ...performance.getEntriesByType('navigation'),
    ...performance.getEntriesByType('resource'),
  ] as PerformanceResourceTiming[];
  const bytes = entries
    .filter(({ name }) => !name.includes('/images/'))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  const largestPaint = await new Promise<number>((resolve) => {
    new PerformanceObserver((list) => {
      resolve(list.getEntries().at(-1)?.startTime ?? 0);
    }).observe({ type: 'largest-contentful-paint', buffered: true });
  });
  return { bytes, largestPaint };
}

/** In milliseconds, from a key or a click to the paint that answers it, as the Event Timing API tells it. */
export function slowestInteraction(): Promise<number> {
  return new Promise((resolve) => {
    const options = { type: 'event', buffered: true, durationThreshold: 16 };
    new PerformanceObserver((list) => {
      resolve(Math.max(...list.getEntries().map(({ duration }) => duration)));
    }).observe(options);
    // Nothing took longer than the shortest that is told.
    setTimeout(() => {
      resolve(options.durationThreshold);
    }, 500);
  });
}

/** Debian's chromium, where it is installed. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

export const CHROMIUM = '/usr/bin/chromium';

/** Why the tests are left out; undefined where they run. */
export const missing = existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is not installed (apt-get install chromium)`;

export type Theme = 'light' | 'dark';

export interface Window {
  readonly width: number;
  readonly height: number;
}

/** How long is waited for what is to be seen; a test's own limit is longer. */
const PATIENCE = 120_000;

export const DESKTOP: Window = { width: 1280, height: 900 };
export const PHONE: Window = { width: 360, height: 740 };

export function launch(): Promise<Browser> {
  // Root has no sandbox, and containers have little shared memory.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface Tab {
  readonly page: Page;
  /** Errors of the page and of its console: the browser reports there what the Content-Security-Policy forbids. */
  readonly faults: string[];
}

export async function openTab(
  browser: Browser,
  { window = DESKTOP, theme = 'light' }: { window?: Window; theme?: Theme } = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: window,
    colorScheme: theme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return { page, faults };
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Holds the page against WCAG 2.2 AA, as far as a program can. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(await axeSource);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations: found } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ''}`).join(' | ')}`,
    );
  });
  expect(violations, what).toEqual([]);
}

/** The page where the server asks for keys: signed out, signed in with more or fewer scopes, and out again. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '../../src/access/scopes.js';
import { expectAccessible, launch, missing, openTab, PHONE } from './browser.js';
import { drop } from './observe.js';
import { newScenes, openStage, type Stage } from './stage.js';

let stage: Stage;
let browser: Browser;
let page: Page;
let faults: string[];
beforeAll(async () => {
  if (missing !== undefined) return;
  [stage, browser] = await Promise.all([openStage(), launch()]);
  ({ page, faults } = await openTab(browser));
});
afterAll(async () => {
  if (missing !== undefined) return;
  await browser.close();
  await stage.close();
});

const go = (path: string) => page.goto(`${stage.origin}${path}`);
const button = (name: string | RegExp) => page.getByRole('button', { name });

async function signIn(secret: string): Promise<void> {
  await page.getByLabel('Key').fill(secret);
  await button('Sign in').click();
}

const keyOf = (name: string, ...scopes: Scope[]) => stage.application.keys.create({ name, scopes });

describe.skipIf(missing !== undefined)('the page of a server with keys', () => {
  test('offers everything on this machine until the first key is made, and then asks for one', async () => {
    await go('/');
    await button('Choose photos').waitFor();
    expect(await page.getByText('may do everything').count()).toBe(0);
    await keyOf('first', 'admin');
    await page.getByRole('link', { name: 'Photos', exact: true }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await expectAccessible(page, 'signed out');
    await signIn('ekphrasis_wrong');
    await page.getByText('That key does not count').waitFor();
  });

  test('signs in with a key to read, shows photos, and offers nothing that the key does not allow', async () => {
    const { secret } = await keyOf('guest', 'read');
    await signIn(secret);
    await page.getByText('guest may read').waitFor();
    const photo = page.locator('main img').first();
    await photo.waitFor();
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>('main img')?.naturalWidth);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    expect(await button('Select photos').count()).toBe(0);
    expect(await button('Search by photo').count()).toBe(0);
    await go('/');
    await page.getByText('guest may read').waitFor();
    expect(await button('Choose photos').count()).toBe(0);
    await page.locator('.latest a').first().click();
    await page.getByRole('article').getByText('Copy as alt text').waitFor();
    for (const name of ['Write a better one', 'Edit', 'Delete photo']) expect(await button(name).count(), name).toBe(0);
    expect(await page.getByText('Other wordings of the model').count()).toBe(0);
    await go('/training');
    await page.getByRole('heading', { name: 'Training', exact: true }).waitFor();
    expect(await button('Start training').count()).toBe(0);
    await go('/datasets');
    await page.getByRole('article').first().waitFor();
    expect(await button(/^(Rename|Delete)/).count()).toBe(0);
    await page.setViewportSize(PHONE);
    await expectAccessible(page, 'a reader, on a phone');
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('a key that is revoked brings the form back; one with more scopes captions and corrects', async () => {
    const [guest] = await stage.application.keys.list();
    if (guest) await stage.application.keys.revoke(guest.id);
    await page.getByRole('link', { name: 'Report' }).click();
    const { secret } = await keyOf('ann', 'caption', 'write');
    await signIn(secret);
    await page.getByText('ann may read, caption, and write').waitFor();
    await go('/');
    await button('Choose photos').waitFor();
    await drop(page, await newScenes(1));
    const plate = page.getByRole('list', { name: 'Photos you added' }).getByRole('article');
    await plate.getByText('A machine wrote').waitFor();
    await plate.getByRole('button', { name: 'Write a better one' }).click();
    await plate.getByRole('textbox').fill('Shapes on paper');
    await plate.getByRole('button', { name: 'Keep' }).click();
    await plate.getByText('A person wrote', { exact: true }).waitFor();
  });

  test('signs out, and forgets the key', async () => {
    await button('Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    // The browser itself tells of every refusal; nothing else went wrong, and nothing broke the policy of the page.
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
  });
});

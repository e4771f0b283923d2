// The page of `shale top --web` in a real browser, beside a process that appends.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openWal, type Wal } from '@shale/engine';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HANG_MS } from '../../../../test/support/patience.js';
import { type Running, scratch, start, until } from '../support/shale.js';

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));
const HOSTILE = '<img src=x onerror="document.title=1">\u202e&amp;';
const NARROW = { width: 400, height: 800 };

if (executablePath === undefined)
  console.warn('skipped for want of Chromium (CHROMIUM names one): the page of shale top');

describe.skipIf(executablePath === undefined)('the page, in Chromium', () => {
  const dir = scratch();
  let browser: Browser;
  let wal: Wal;
  let running: Running;
  let url: string;
  let isOver = false;

  beforeAll(async () => {
    wal = await openWal(join(dir, 'log'), { shards: 2, inspect: true });
    await wal.table(HOSTILE).append(Buffer.alloc(300_000));
    await wal.flush();
    void append();
    running = start(['top', wal.path, '--web', '--interval', '0.2']);
    await until(() => running.stdout.endsWith('\n'), 'the address');
    url = running.stdout.trim();
    // As root, and where there are no name spaces, Chromium has no sandbox.
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox'],
      timeout: HANG_MS,
    });
  });

  afterAll(async () => {
    isOver = true;
    running?.child.kill('SIGKILL');
    await browser?.close();
    await wal?.close();
  });

  async function append(): Promise<void> {
    while (!isOver)
      await wal
        .table('web-1')
        .append(Buffer.alloc(100))
        .catch(() => undefined);
  }

  /** The page, and what it complained of. */
  async function opened(
    options: Parameters<Browser['newContext']>[0],
  ): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext(options);
    onTestFinished(async () => await context.close());
    context.setDefaultTimeout(HANG_MS);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    await page.getByRole('heading', { name: /^largest tables/ }).waitFor();
    return { page, complaints };
  }

  it.each(['light', 'dark'] as const)('is readable and labelled in the %s scheme', async (colorScheme) => {
    const { page, complaints } = await opened({ colorScheme, viewport: { width: 1280, height: 900 } });
    const background = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    const [red = 0] = (/\d+/.exec(background) ?? []).map(Number);
    expect(red > 127).toBe(colorScheme === 'light');
    // By the protocol of the debugger: no script of others runs in the page.
    await page.evaluate(axe.source);
    const found = (await page.evaluate('axe.run()')) as axe.AxeResults;
    expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(found.passes.map(({ id }) => id)).toContain('color-contrast');
    expect(complaints).toEqual([]);
  });

  it('shows names of tables as text, whatever is in them', async () => {
    const { page, complaints } = await opened({});
    const name = page.getByRole('rowheader', { name: '<img' });
    // What turns the direction of writing is not shown.
    expect(await name.textContent()).toBe(HOSTILE.replace('\u202e', '\ufffd'));
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe(`shale top ${wal.path}`);
    expect(complaints).toEqual([]);
  });

  it.each([
    ['is 400 pixels wide', NARROW, 1],
    ['is 200 % as large', { width: 640, height: 450 }, 2],
  ])('needs no sideways scrolling when it %s', async (_, viewport, deviceScaleFactor) => {
    const { page } = await opened({ viewport, deviceScaleFactor });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
    const isCut = `[...document.querySelectorAll('main section, header *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth).length`;
    expect(await page.evaluate(isCut)).toBe(0);
  });

  it('shows what is new with each look, in words and pictures, until it is paused', async () => {
    const { page } = await opened({});
    const appends = page.getByRole('region', { name: /^appends/ });
    const words = (): Promise<string | null> => appends.locator('table').textContent();
    const picture = async (): Promise<string | null> =>
      await appends.locator('.chart .line').getAttribute('d');
    const [firstWords, firstPicture] = [await words(), await picture()];
    await until(async () => (await words()) !== firstWords && (await picture()) !== firstPicture, 'a change');
    expect(await page.getByRole('status').textContent()).toBe('live');
    await page.getByRole('button', { name: 'Pause' }).click();
    const paused = [await words(), await picture()];
    const views = `new Promise((resolve) => {
      const source = new EventSource('views');
      let seen = 0;
      source.addEventListener('view', () => ++seen === 4 && (source.close(), resolve()));
    })`;
    await page.evaluate(views);
    expect([await words(), await picture()]).toEqual(paused);
    expect(await page.getByRole('status').textContent()).toBe('paused');
  });

  it('draws pictures seldom where less motion is asked for, and nothing moves by itself', async () => {
    const { page } = await opened({ reducedMotion: 'reduce' });
    const appends = page.getByRole('region', { name: /^appends/ });
    const path = appends.locator('.chart .line');
    await page.evaluate(`
      globalThis.changes = { words: 0, pictures: 0 };
      const section = document.querySelector('section');
      const count = (key) => new MutationObserver(() => changes[key]++);
      count('words').observe(section.querySelector('table'), { subtree: true, characterData: true, childList: true });
      count('pictures').observe(section.querySelector('svg'), { subtree: true, childList: true });
    `);
    expect(await path.count()).toBe(1);
    await until(async () => Number(await page.evaluate('changes.words')) >= 5, 'five changes');
    expect(await page.evaluate('changes.pictures < changes.words / 2')).toBe(true);
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
  });

  // Last: the process closes the log.
  it('says that the process has closed the log, and the command ends', async () => {
    const { page } = await opened({});
    isOver = true;
    await wal.close();
    const state = page.getByRole('status').filter({ hasText: `process ${process.pid} has closed the log` });
    await state.waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await running.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`process ${process.pid} has closed the log\n`),
    });
  });
});

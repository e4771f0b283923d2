// `shale top` beside a process that appends.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWal, type Wal } from '@shale/engine';
import { createColors } from 'picocolors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { draw } from '../../dist/top/draw.js';
import { spreadBetween } from '../../dist/top/spread.js';
import { viewOf } from '../../dist/top/view.js';
import { COMMAND, ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
let logs = 0;

async function log(): Promise<Wal> {
  const wal = await openWal(join(dir, `log${logs++}`), { shards: 1, inspect: true });
  onTestFinished(async () => await wal.close());
  await wal.table('small').append(Buffer.from('a'));
  await wal.table('\x1b[31mlarge').appendBatch(Array.from({ length: 20 }, () => Buffer.alloc(100_000)));
  // What lies in memory is only guessed at.
  await wal.flush();
  return wal;
}

/** Appends one entry after the other until the test is over. */
function keepAppending(wal: Wal): void {
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const next = (): void => {
    if (!isOver)
      wal
        .table('small')
        .append(Buffer.from('b'))
        .then(next, () => {});
  };
  next();
}

/** The rows of the table of fields in docs/cli.md. */
function documented(): { readonly fields: string[]; readonly named: string[] }[] {
  const docs = readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8');
  const section = /### The look with `--json`\n(.*?)\n## /s.exec(docs)?.[1] ?? '';
  const namesIn = (text: string): string[] => [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  return [...section.matchAll(/^\| (`.*?) \| (.*) \|$/gm)].map(([, fields = '', about = '']) => ({
    fields: namesIn(fields),
    named: namesIn(about),
  }));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('top', () => {
  it('gives rates and latencies of the last moment as JSON', async () => {
    const wal = await log();
    keepAppending(wal);
    const view = JSON.parse(await ok(['top', wal.path, '--once', '--json', '--interval', '0.2']));
    expect(view).toMatchObject({ pid: process.pid, path: wal.path, health: 'well', openReads: 0 });
    const { rates, acknowledgedMs, phases, tables } = view;
    expect(rates.entries).toBeGreaterThan(0);
    expect(rates.entries).toBe(rates.bytes);
    expect(acknowledgedMs.count).toBeGreaterThan(0);
    expect(acknowledgedMs.p50).toBeLessThanOrEqual(acknowledgedMs.max);
    expect(phases.fill + phases.thread + phases.write + phases.answer).toBeCloseTo(1, 6);
    expect(tables.tables[0]).toMatchObject({ name: '\x1b[31mlarge', entries: 20 });
    // As docs/cli.md lists them: the fields first, and what is in them in the same row.
    const rows = documented();
    expect(Object.keys(view).sort()).toEqual(rows.flatMap(({ fields }) => fields).sort());
    for (const { fields, named } of rows) {
      const within = fields.flatMap((field) => (isObject(view[field]) ? Object.keys(view[field]) : []));
      expect(named, fields.join()).toEqual(expect.arrayContaining(within));
    }
  });

  it('prints plain looks where there is no terminal, until the process closes the log', async () => {
    const wal = await log();
    const running = start(['top', wal.path, '--interval', '0.1']);
    await until(() => running.stdout.split('answered').length > 3, 'three looks');
    await wal.close();
    const { code, stdout, stderr } = await running.ended;
    expect([code, stderr]).toEqual([0, `process ${process.pid} has closed the log\n`]);
    // What a table is called does nothing to a terminal.
    expect(stdout).not.toContain('\x1b');
    expect(stdout).toMatch(/largest tables +entries +bytes\n.*large +20 /);
  });

  it('ends with Ctrl-C, and says what is the matter when no process shows the log', async () => {
    const wal = await log();
    const running = start(['top', wal.path, '--interval', '0.1']);
    await until(() => running.stdout !== '', 'a look');
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: '' });
    await wal.close();
    const { code, stderr } = await shale(['top', wal.path]);
    expect([code, stderr.includes('CLI_NOT_OPEN')]).toEqual([4, true]);
    expect((await shale(['top', wal.path, '--interval', '0'])).code).toBe(2);
  });

  it.each([
    ['q', 'q', 0],
    ['Ctrl-C', '\x03', 130],
  ])('fills a terminal, follows its size, and leaves it as it was at %s', async (_, key, code) => {
    const wal = await log();
    const shell = [
      'stty cols 100 rows 30',
      'tty',
      'stty -g',
      `'${process.execPath}' '${COMMAND}' top '${wal.path}' --interval 0.1`,
      'echo "exit $?"',
      'stty -g',
    ].join('; ');
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
    const child = spawn('script', ['-qefc', shell, '/dev/null'], {
      env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(() => out.includes('largest tables'), 'the first look');
    expect(out).toContain('\x1b[?1049h');
    const [tty = '', before] = out.split('\r\n');
    execFileSync('stty', ['-F', tty, 'cols', '40', 'rows', '5']);
    await until(() => lastPicture(out).length === 5, 'a smaller picture');
    expect(Math.max(...lastPicture(out).map((line) => line.length))).toBeLessThanOrEqual(40);
    child.stdin.write(key);
    await ended;
    const [, after = ''] = out.split('\x1b[?1049l');
    expect(after.trim().split('\r\n')).toEqual([`exit ${code}`, before]);
    expect(out).toContain('\x1b[?25h\x1b[?1049l');
  });

  it('counts the syncs that no frame asks for', async () => {
    const wal = await log();
    const before = wal.metrics();
    await wal.sync();
    const tables = { tables: [], seen: 0, isAll: true };
    expect(viewOf(process.pid, before, wal.metrics(), 0.5, tables).rates.syncs).toBe(2);
  });

  it('draws as wide as the terminal is', async () => {
    const wal = await log();
    const now = wal.metrics();
    const name = 'n'.repeat(100);
    const toJSON = (): object => ({});
    const table = { name, region: 0n, table: 1n, entries: 1n, bytes: 1, toJSON };
    const view = viewOf(1, now, now, 1, { tables: [table], seen: 1, isAll: true });
    const drawn = (width: number): string[] => draw(view, { width, height: 30, colors: createColors(false) });
    const wide = drawn(160).join('\n');
    expect(wide).toContain(name);
    expect(wide).toMatch(/to give back: .* B$/m);
    for (const line of drawn(80)) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('prints the address of a page, and ends with Ctrl-C while one is open', async () => {
    const wal = await log();
    const running = start(['top', wal.path, '--web', '--interval', '3600']);
    await until(() => running.stderr.endsWith('ends it\n'), 'the address');
    expect(running.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/\n$/);
    const page = await fetch(running.stdout.trim());
    expect(await page.text()).toContain('<title>shale top</title>');
    const views = await fetch(`${running.stdout.trim()}views`);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(await views.text()).toContain('shale top was stopped');
  });

  it.each([
    ['--web', '--once'],
    ['--web', '--json'],
    ['--port', '8080'],
    ['--web', '--port', '65536'],
  ])('refuses %s %s %s', async (...flags) => {
    expect((await shale(['top', dir, ...flags])).code).toBe(2);
  });

  it('takes what was counted between two moments', () => {
    const before = { count: 3, sum: 0, upTo: [1, 5], counts: [2, 1] };
    const after = { count: 6, sum: 0, upTo: [1, 5, 9], counts: [2, 3, 1] };
    expect(spreadBetween([before], [after])).toEqual({ count: 3, p50: 5, p90: 9, p99: 9, p999: 9, max: 9 });
    expect(spreadBetween([after], [after])).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
    // Of two shards.
    expect(spreadBetween([before, before], [after, before]).count).toBe(3);
  });
});

/** The lines of the last whole picture, without colours. */
function lastPicture(out: string): string[] {
  const picture = out.split('\x1b[H').at(-2) ?? '';
  return picture.replace(/\p{Cc}\[[\d;]*[mKJ]/gu, '').split('\r\n');
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();

describe('demo', () => {
  it('writes, kills, recovers, verifies, trims, and leaves a log that its own advice works on', async () => {
    const data = join(dir, 'demo');
    const { code, stdout, stderr } = await shale(['demo', '--seconds', '0.5', '--dir', data]);
    expect([code, stderr]).toEqual([0, '']);
    for (const step of [
      /killed: kill -9 \d+ after [\d,]+ durable entries in \d+ tables/,
      /recovered: opened in/,
      /verified: all [\d,]+ acknowledged entries/,
      /trimmed: [\d,]+ entries/,
    ]) {
      expect(stdout).toMatch(step);
    }
    const advice = stdout.match(/(?<=npx shale )(?!ingest).*/g) ?? [];
    expect(advice.length).toBeGreaterThan(4);
    for (const line of advice) await ok(line.split(' '));
    const tables = (await ok(['tables', data, '--json']))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { first: number });
    expect(tables.every(({ first }) => first > 1)).toBe(true);
  });

  it('does not touch a directory with something in it', async () => {
    const { code, stderr } = await shale(['demo', '--dir', join(dir, 'demo')]);
    expect([code, stderr.includes('not empty')]).toEqual([2, true]);
  });

  it('ends with its writer on Ctrl-C', async () => {
    const data = join(dir, 'stopped');
    const running = start(['demo', '--seconds', '60', '--dir', data]);
    await until(() => running.stdout.includes('entries durable'), 'the first entries');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    // The writer is gone: the log is free.
    await ok(['ingest', data, '-', '--table', 't'], { input: 'a\n' });
    expect(readdirSync(data).length).toBeGreaterThan(0);
  });
});

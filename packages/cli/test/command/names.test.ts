import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { damageAt, payloadsOf } from '../support/damage.js';
import { scratch, shale } from '../support/shale.js';

const dir = scratch();
const data = join(dir, 'data');

/** Names are data: none of these may do anything. */
const NAMES = [
  '../../escaped',
  '/etc/escaped',
  'nul\0inside',
  'line\nfeed',
  'return\r',
  'escape \x1b]0;title\x07\x1b[2J',
  'c1 \u009b31m',
  'turned \u202eevil\u202c',
  '--json',
  '$(touch escaped)',
  "'; drop table",
];

// biome would not let it stand in a regular expression, and rightly so.
const ACTING = new Set(
  [...Array.from({ length: 32 }, (_, code) => code), ...Array.from({ length: 33 }, (_, i) => 127 + i), 0x202e]
    .filter((code) => code !== 10)
    .map((code) => String.fromCharCode(code)),
);

function acting(text: string): string[] {
  return [...text].filter((character) => ACTING.has(character));
}

beforeAll(async () => {
  const wal = await openWal(data);
  for (const name of NAMES)
    await wal.table(name).appendBatch([Buffer.from(`of ${name}`), Buffer.from('two')]);
  await wal.close();
});

describe('table names', () => {
  it('come back as they went in, and touch nothing outside of the directory', async () => {
    const wal = await openWal(data, { readOnly: true });
    const names: string[] = [];
    for await (const { name } of wal.tables()) if (name !== undefined) names.push(name);
    await wal.close();
    expect(names).toEqual(NAMES);
    expect(readdirSync(dir)).toEqual(['data']);
    expect(
      readdirSync(data).filter((name) => !/^(?:\d+\.(?:log|sst)|[A-Z]+(?:-\d+)?|LOG\.old\.\d+)$/.test(name)),
    ).toEqual([]);
  });

  it.each([[['tables', data]], [['tables', data, '--json']], [['verify', data]], [['stats', data]]])(
    '%j shows without a character that a terminal acts on',
    async (args) => {
      const { code, stdout, stderr } = await shale(args);
      expect([code, acting(stdout), acting(stderr)]).toEqual([0, [], []]);
    },
  );

  it.each([0, 3, 5, 6, 7].map((index) => NAMES[index] ?? ''))(
    '%j can be read, trimmed and missed in the same way',
    async (name) => {
      const read = await shale(['read', data, '--json', '--', name]);
      expect([read.code, acting(read.stdout)]).toEqual([0, []]);
      expect(JSON.parse(read.stdout.split('\n')[0] ?? '')).toMatchObject({ payload: `of ${name}` });
      const missed = await shale(['read', data, '--', `${name} not`]);
      expect([missed.code, acting(missed.stderr), acting(missed.stdout)]).toEqual([4, [], []]);
      const trimmed = await shale(['trim', data, '--to', '1', '--no-reclaim', '--', name]);
      expect([trimmed.code, acting(trimmed.stdout), acting(trimmed.stderr)]).toEqual([0, [], []]);
    },
  );

  it('are shown the same way when they are damaged', async () => {
    const damaged = join(dir, 'damaged');
    const wal = await openWal(damaged);
    await wal.table('bad \x1b[2J \u009b').appendBatch(payloadsOf('bad', 1, 2000));
    await wal.flush();
    await wal.close();
    damageAt(damaged, 'bad entry 1000 ');
    for (const args of [
      ['verify', damaged],
      ['verify', damaged, '--json'],
      ['read', damaged, 'bad \x1b[2J \u009b'],
      ['repair', damaged, '--to', join(dir, 'repaired')],
    ]) {
      const { code, stdout, stderr } = await shale(args);
      expect([code === 0, acting(stdout), acting(stderr)]).toEqual([false, [], []]);
    }
  });

  it('of paths and arguments are no better', async () => {
    const { code, stderr } = await shale(['tables', join(dir, 'no \x1b[2J where')]);
    expect([code, acting(stderr)]).toEqual([4, []]);
    const usage = await shale(['tables', data, '--bad\x1b[2J']);
    expect([usage.code, acting(usage.stderr)]).toEqual([2, []]);
  });
});

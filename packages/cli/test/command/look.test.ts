import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { linesOf, ok, scratch, shale } from '../support/shale.js';

const dir = scratch();
const data = join(dir, 'data');
const objects = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  const wal = await openWal(data);
  await wal.table('named').appendBatch(Array.from({ length: 20 }, (_, i) => Buffer.from(`entry ${i + 1}`)));
  await wal.table({ region: 1n, table: 42n }).appendBatch([Buffer.from([0xff, 0xfe]), Buffer.from('b\nb')]);
  await wal.close();
});

describe('read', () => {
  it('prints the payloads alone into a pipe, one per line', async () => {
    expect((await ok(['read', data, 'named'])).split('\n').slice(0, 3)).toEqual([
      'entry 1',
      'entry 2',
      'entry 3',
    ]);
  });

  it.each([
    [
      ['--gte', '3', '--lt', '6'],
      [3, 4, 5],
    ],
    [
      ['--gt', '3', '--lte', '5'],
      [4, 5],
    ],
    [
      ['--from', '19'],
      [19, 20],
    ],
    [
      ['--last', '2'],
      [19, 20],
    ],
    [
      ['--from', '5', '--limit', '2'],
      [5, 6],
    ],
    [['--limit', '0'], []],
    [['--gte', '9', '--lte', '8'], []],
    [['--gte', '18446744073709551615'], []],
  ])('with %s gives exactly these', async (bounds, expected) => {
    expect((await ok(['read', data, 'named', ...bounds])).split('\n').filter((line) => line !== '')).toEqual(
      expected.map((number) => `entry ${number}`),
    );
  });

  it('gives JSON with the sequence and the encoding', async () => {
    expect(objects(await ok(['read', data, '42', '--region', '1', '--json']))).toEqual([
      { sequence: 1, encoding: 'base64', payload: '//4=' },
      { sequence: 2, encoding: 'utf8', payload: 'b\nb' },
    ]);
  });

  it('gives raw bytes with any delimiter', async () => {
    expect(await ok(['read', data, 'named', '--raw', '--delimiter', '\\0', '--limit', '2'])).toBe(
      'entry 1\0entry 2\0',
    );
    expect(await ok(['read', data, 'named', '--raw', '--delimiter', '', '--limit', '2'])).toBe(
      'entry 1entry 2',
    );
  });

  it('says what is not there', async () => {
    for (const [args, message] of [
      [['nobody'], /no table named "nobody"/],
      [['42'], /--region/],
      [['43', '--region', '1'], /never written/],
    ] as const) {
      const { code, stderr } = await shale(['read', data, ...args]);
      expect([code, message.test(stderr)]).toEqual([4, true]);
    }
    expect((await shale(['read', data, 'x', '--region', '1'])).code).toBe(2);
    expect((await shale(['read', data, 'named', '--json', '--raw'])).code).toBe(2);
  });
});

describe('tables', () => {
  it('lists names, ids, bounds and entries', async () => {
    const stdout = await ok(['tables', data]);
    expect(stdout).toMatch(/^name +region +table +first +last +entries +bytes\n/);
    expect(stdout).toMatch(/\nnamed +0 +9223372036854775808 +1 +20 +20 /);
    expect(stdout).toMatch(/\n- +1 +42 +1 +2 +2 /);
    expect(stdout).toMatch(/\n2 tables, 22 entries\n$/);
  });

  it('lists them as JSON, integers exact', async () => {
    const stdout = await ok(['tables', data, '--json']);
    expect(stdout).toContain('"table":9223372036854775808,');
    expect(objects(stdout)).toMatchObject([
      { name: 'named', first: 1, last: 20, entries: 20 },
      { name: null, region: 1, table: 42, entries: 2 },
    ]);
  });

  it('hides the journals of ingests unless asked', async () => {
    const other = join(dir, 'journals');
    await ok(['ingest', other, '-', '--table', 't'], { input: 'a\n' });
    expect(objects(await ok(['tables', other, '--json']))).toMatchObject([{ name: 't' }]);
    expect((await ok(['tables', other, '--json', '--all'])).includes('".ingest/')).toBe(true);
  });

  it('says that there are none', async () => {
    const empty = join(dir, 'empty');
    await (await openWal(empty)).close();
    expect(await ok(['tables', empty])).toBe('no tables\n');
    expect(await ok(['tables', empty, '--json'])).toBe('');
  });
});

describe('stats', () => {
  it('shows numbers for people, and as JSON', async () => {
    expect(await ok(['stats', data])).toMatch(/rocksdb\.properties\.estimate-num-keys +\d/);
    expect(JSON.parse(await ok(['stats', data, '--json']))).toMatchObject({ state: 'open', health: 'well' });
  });
});

describe('verify', () => {
  it('finds nothing in a sound log', async () => {
    expect(await ok(['verify', data])).toMatch(/^ok: 22 entries, .* in 2 tables, read in /);
    expect(objects(await ok(['verify', data, '--json'])).at(-1)).toMatchObject({
      type: 'totals',
      entries: 22,
      errors: 0,
    });
    expect(await ok(['verify', data, '--quiet'])).toBe('');
  });
});

describe('verify of a damaged log', () => {
  it('says where, for people and for programs, and exits with 1', async () => {
    const damaged = join(dir, 'damaged');
    const wal = await openWal(damaged);
    await wal
      .table('t')
      .appendBatch(Array.from({ length: 2000 }, (_, i) => Buffer.from(`entry ${i} ${'x'.repeat(50)}`)));
    await wal.flush();
    await wal.close();
    for (const name of readdirSync(damaged).filter((file) => file.endsWith('.sst'))) {
      const bytes = readFileSync(join(damaged, name));
      const at = bytes.indexOf('entry 1000 ');
      if (at === -1) continue;
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(join(damaged, name), bytes);
    }
    const forPeople = await shale(['verify', damaged]);
    expect([forPeople.code, forPeople.stderr]).toEqual([1, '']);
    expect(forPeople.stdout).toMatch(/^error: .+\n[\s\S]*1 error/);
    const forPrograms = await shale(['verify', damaged, '--json']);
    expect(objects(forPrograms.stdout)[0]).toMatchObject({
      type: 'finding',
      severity: 'error',
      kind: 'unreadable',
      name: 't',
    });
    expect(forPeople.stdout).toMatch(/\(table t, region 0, table \d+, sequences /);
    expect((await shale(['verify', damaged, '--quiet'])).code).toBe(1);
    // A read does not step over it in silence.
    expect((await shale(['read', damaged, 't'])).code).toBe(6);
  });
});

describe('trim', () => {
  it('removes up to a sequence, then all, and never gives a sequence out again', async () => {
    const own = join(dir, 'trimmed');
    await ok(['ingest', own, '-', '--table', 't'], { input: 'a\nb\nc\nd\n' });
    expect(await ok(['trim', own, 't', '--to', '2'])).toMatch(
      /^2 entries removed; 3 to 4 are left\n.* given back in .*; the log takes .*\n$|^2 .* left\nno space to give back; .*\n$/,
    );
    expect(await linesOf(own, 't')).toEqual(['c', 'd']);
    expect(JSON.parse(await ok(['trim', own, 't', '--all', '--json', '--no-reclaim']))).toEqual({
      table: 't',
      removed: 2,
      first: 5,
      last: 4,
      freed: null,
    });
    expect(await ok(['trim', own, 't', '--all'])).toBe(
      '0 entries removed; nothing is left, the next sequence is 5\n',
    );
    await ok(['ingest', own, '-', '--table', 't'], { input: 'e\n' });
    expect(objects(await ok(['read', own, 't', '--json']))).toMatchObject([{ sequence: 5, payload: 'e' }]);
    expect((await shale(['verify', own])).code).toBe(0);
  });

  it('gives the space back before it ends, and says how much', async () => {
    const own = join(dir, 'space');
    const wal = await openWal(own, { durability: 'os' });
    const payload = Buffer.alloc(10_000, 'x');
    for (const name of ['large', 'kept']) {
      await wal.table(name).appendBatch(Array.from({ length: name === 'large' ? 500 : 1 }, () => payload));
    }
    await wal.flush();
    await wal.close();
    const told = JSON.parse(await ok(['trim', own, 'large', '--all', '--json'])) as { freed: number };
    expect(told.freed).toBeGreaterThan(4_000_000);
    const names = readdirSync(own).filter((name) => name !== 'RESERVE');
    expect(names.reduce((sum, name) => sum + statSync(join(own, name)).size, 0)).toBeLessThan(1_000_000);
    expect(await linesOf(own, 'kept')).toHaveLength(1);
    expect(await ok(['trim', own, 'kept', '--all'])).toMatch(/ entry removed; .*\n.*the log takes [^\n]*\n$/);
  });

  it('wants to be told how much', async () => {
    expect((await shale(['trim', data, 'named'])).code).toBe(2);
    expect((await shale(['trim', data, 'named', '--all', '--to', '1'])).code).toBe(2);
  });
});

describe('looking', () => {
  it('works beside a writer, whom it does not disturb', async () => {
    const wal = await openWal(data);
    try {
      for (const command of [
        ['tables', data],
        ['stats', data],
        ['verify', data],
        ['read', data, 'named'],
      ]) {
        const { code, stderr } = await shale(command);
        expect([command[0], code, stderr]).toEqual([command[0], 0, '']);
      }
      const refused = await shale(['trim', data, 'named', '--to', '1']);
      expect([refused.code, refused.stderr.includes('SHALE_LOCKED')]).toEqual([5, true]);
    } finally {
      await wal.close();
    }
  });

  it.each(['read', 'tables', 'stats', 'verify', 'trim'])(
    '(%s) creates nothing where there is no log',
    async (command) => {
      const missing = join(dir, 'missing');
      const file = join(dir, 'file');
      const plain = join(dir, 'plain');
      mkdirSync(plain, { recursive: true });
      writeFileSync(file, '');
      const more = command === 'read' ? ['t'] : command === 'trim' ? ['t', '--all'] : [];
      expect((await shale([command, missing, ...more])).code).toBe(4);
      expect((await shale([command, file, ...more])).code).toBe(2);
      expect((await shale([command, plain, ...more])).code).toBe(4);
      expect(existsSync(missing)).toBe(false);
    },
  );
});

import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ok, scratch, shale } from '../support/shale.js';

const dir = scratch();
const data = join(dir, 'data');

beforeAll(async () => {
  await using wal = await openWal(data);
  await wal.table('named').appendBatch(Array.from({ length: 20 }, (_, i) => Buffer.from(`entry ${i + 1}`)));
});

describe('retain', () => {
  it('sets, lists and removes what is retained', async () => {
    expect(await ok(['retain', data])).toBe('everything is retained\n');
    await ok(['retain', data, '--all', '--keep-age', '7d']);
    await ok(['retain', data, '--region', '1', '--keep-entries', '5', '--at-most-bytes', '2t']);
    await ok(['retain', data, '42', '--region', '1', '--at-most-entries', '9']);
    await ok(['retain', data, '--prefix', 'orders.', '--keep-bytes', '1g']);
    const set = await ok(['retain', data, 'not-yet', '--at-most-age', '90s', '--json']);
    const objects = set
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(objects).toEqual([
      { target: { all: true }, keep: { ageMs: 604_800_000 }, atMost: null },
      { target: { region: 1 }, keep: { entries: 5 }, atMost: { bytes: 2 ** 41 } },
      { target: { region: 1, table: 42 }, keep: null, atMost: { entries: 9 } },
      { target: { prefix: 'orders.' }, keep: { bytes: 2 ** 30 }, atMost: null },
      { target: { name: 'not-yet' }, keep: null, atMost: { ageMs: 90_000 } },
    ]);
    await ok(['retain', data, 'not-yet', '--at-most-disk', '--keep-entries', '5']);
    expect(await ok(['retain', data])).toMatch(/not-yet +5 entries +what the disk budget allows/);
    const rows = (await ok(['retain', data])).split('\n');
    expect(rows[1]).toMatch(/^all +7 d +everything/);
    expect(rows[4]).toMatch(/^orders\.\* +1\.0 GiB +everything/);
    for (const target of [
      ['--all'],
      ['--region', '1'],
      ['42', '--region', '1'],
      ['--prefix', 'orders.'],
      ['not-yet'],
    ])
      await ok(['retain', data, ...target, '--remove']);
    expect(await ok(['retain', data])).toBe('everything is retained\n');
  });

  it.each([
    [['--all']],
    [['--keep-age', '7d']],
    [['named', '--all', '--keep-age', '7d']],
    [['--prefix', 'x', '--region', '1', '--keep-age', '7d']],
    [['named', '--region', '1', '--keep-age', '7d']],
    [['named', '--keep-age', '7']],
    [['named', '--keep-bytes', '1x']],
    [['named', '--keep-entries', '-1']],
    [['named', '--remove', '--keep-entries', '1']],
    [['named', '--remove', '--at-most-disk']],
    [['named', '--at-most-disk', '--at-most-bytes', '1g']],
    [['named', '--keep-entries', '2', '--at-most-bytes', 'x']],
  ])('refuses %j', async (args) => {
    expect((await shale(['retain', data, ...args])).code).toBe(2);
  });

  it('is refused while a program has the log open and shows it to nobody, but for the list', async () => {
    await using wal = await openWal(data);
    await wal.retain('all', { keep: { ageMs: 1000 } });
    expect(await ok(['retain', data])).toMatch(/all +1 s/);
    const { code, stderr } = await shale(['retain', data, '--all', '--remove']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('inspect: true');
    expect(stderr).toContain('wal.retain()');
    expect(await wal.retentions()).toHaveLength(1);
    await wal.retain('all', null);
  });

  it('is done by a program that has the log open and shows it, at once', async () => {
    await using wal = await openWal(data, { inspect: true });
    const table = wal.table('shown');
    await table.appendBatch(Array.from({ length: 20 }, (_, i) => Buffer.from(`entry ${i + 1}`)));
    await ok(['retain', data, '7', '--region', '1', '--at-most-disk']);
    await ok(['retain', data, '--region', '2', '--keep-bytes', '1g', '--at-most-bytes', '2g']);
    await ok(['retain', data, '--prefix', 'o.', '--keep-age', '1h']);
    await ok(['retain', data, '--all', '--keep-entries', '100']);
    const shown = await ok(['retain', data, 'shown', '--keep-entries', '5', '--json']);
    expect(shown).toContain('{"target":{"name":"shown"},"keep":{"entries":5},"atMost":null}');
    expect(await wal.retentions()).toEqual([
      { target: 'all', keep: { entries: 100n }, atMost: null },
      { target: { region: 2n }, keep: { bytes: 2n ** 30n }, atMost: { bytes: 2n ** 31n } },
      { target: { region: 1n, table: 7n }, keep: null, atMost: 'disk' },
      { target: { prefix: 'o.' }, keep: { ageMs: 3_600_000 }, atMost: null },
      { target: { name: 'shown' }, keep: { entries: 5n }, atMost: null },
    ]);
    await vi.waitFor(async () => expect(await table.firstSequence()).toBe(16n), { timeout: 60_000 });
    await ok(['retain', data, 'shown', '--remove']);
    await ok(['retain', data, '--all', '--remove']);
    expect(await wal.retentions()).toHaveLength(3);
  });
});

describe('read --since', () => {
  it('begins at a time, and says how a table gets to know it', async () => {
    // Without what retains others by age.
    const own = join(dir, 'since');
    {
      await using wal = await openWal(own);
      const entries = Array.from({ length: 20 }, (_, i) => Buffer.from(`entry ${i + 1}`));
      await wal.table('named').appendBatch(entries);
    }
    const unknown = await shale(['read', own, 'named', '--since', '10m']);
    expect(unknown.code).toBe(4);
    expect(unknown.stderr).toContain('wal.retain');
    {
      await using wal = await openWal(own);
      const table = wal.table('named');
      await wal.retain(table, { keep: { ageMs: 3_600_000 } });
      await table.append(Buffer.from('late'));
    }
    const between = new Date(Date.now() - 10_000).toISOString();
    expect((await ok(['read', own, 'named', '--since', between])).split('\n')).toHaveLength(22);
    expect(await ok(['read', own, 'named', '--since', new Date().toISOString()])).toBe('late\n');
    for (const time of ['soon', '2026-99-99', '10'])
      expect((await shale(['read', own, 'named', '--since', time])).code).toBe(2);
  });
});

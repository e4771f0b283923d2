// `shale consumers`, `seek` and `drop-consumer`, on a log that nobody has open, and on one that this process has.
import { join } from 'node:path';
import { openWal, type Wal } from '@shale/engine';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ok, scratch, shale } from '../support/shale.js';

const dir = scratch();
const closed = join(dir, 'closed');
const objects = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function fill(wal: Wal): Promise<void> {
  await wal.table('orders').appendBatch(Array.from({ length: 10 }, (_, i) => Buffer.from(`${i}`)));
  await wal.table({ region: 1n, table: 42n }).append(Buffer.from('x'));
  const consumer = await wal.consumer('billing', { tables: 'all' });
  await consumer.seek(wal.table('orders'), { after: 4n });
  await consumer.close();
}

async function running(name: string, inspect: boolean): Promise<Wal> {
  const wal = await openWal(join(dir, name), { shards: 1, inspect });
  onTestFinished(async () => await wal.close());
  await fill(wal);
  return wal;
}

beforeAll(async () => {
  const wal = await openWal(closed);
  await fill(wal);
  await wal.close();
});

describe('of a log that nobody has open', () => {
  it('consumers and their positions are listed', async () => {
    expect(objects(await ok(['consumers', closed, '--json']))).toEqual([
      { name: 'billing', isOpen: false, epoch: 1, tables: 1, behind: 1, overrun: 0, lag: 6, oldestMs: null },
    ]);
    const [row] = objects(await ok(['consumers', closed, 'billing', '--json']));
    expect(row).toMatchObject({ name: 'orders', region: 0, position: 4, last: 10, lag: 6 });
    expect(await ok(['consumers', closed])).toMatch(
      /^name +open +openings +tables +behind +overrun +lag +age\nbilling +no +1 .* 6 +-\n/,
    );
    expect(await ok(['consumers', closed, 'billing'])).toMatch(
      /^name +region +table +position +last +lag +age\norders .* 4 +10 +6 +-\n1 table with a position, 6 entries behind it/,
    );
  });

  it('a position is moved, a consumer dropped', async () => {
    expect(await ok(['seek', closed, 'billing', '42', '--region', '1', '--to', 'end'])).toBe(
      '"billing" goes on behind 1\n',
    );
    expect(objects(await ok(['seek', closed, 'billing', 'orders', '--to', '7', '--json']))).toEqual([
      { consumer: 'billing', table: 'orders', region: null, position: 7 },
    ]);
    expect(objects(await ok(['consumers', closed, '--json']))).toMatchObject([
      { tables: 2, overrun: 0, lag: 3 },
    ]);
    await ok(['trim', closed, 'orders', '--to', '8']);
    expect(objects(await ok(['consumers', closed, '--json']))).toMatchObject([{ overrun: 1, lag: 3 }]);
    expect((await shale(['seek', closed, 'billing', 'orders', '--to', '11'])).code).toBe(22);
    expect((await shale(['seek', closed, 'billing', 'nothing', '--to', '1'])).code).toBe(4);
    expect((await shale(['seek', closed, 'nobody', 'orders', '--to', '1'])).code).toBe(4);
    expect((await shale(['seek', closed, 'billing', 'orders', '--to', 'x'])).code).toBe(2);
    expect((await shale(['seek', closed, 'billing', 'orders'])).code).toBe(2);
    expect(await ok(['drop-consumer', closed, 'billing'])).toBe('"billing" is dropped\n');
    expect((await shale(['drop-consumer', closed, 'billing'])).code).toBe(4);
    expect(await ok(['consumers', closed])).toBe('no consumers\n');
    expect((await shale(['consumers', closed, 'billing'])).code).toBe(4);
  });

  it('how old the oldest entry is that a consumer has not had, of tables that are retained by age', async () => {
    const path = join(dir, 'aged');
    const wal = await openWal(path, { inspect: true });
    onTestFinished(async () => await wal.close());
    const before = Date.now();
    await wal.retain('all', { keep: { ageMs: 3_600_000 } });
    await fill(wal);
    const after = Date.now();
    for (const from of ['process', 'files']) {
      for (const args of [[], ['billing']]) {
        const [row] = objects(await ok(['consumers', path, ...args, '--json']));
        expect(row, from).toMatchObject({ lag: 6 });
        expect(row?.oldestMs, from).toBeGreaterThanOrEqual(before);
        expect(row?.oldestMs, from).toBeLessThanOrEqual(after);
        expect(await ok(['consumers', path, ...args])).toMatch(/ 6 +about [\d.]+ m?s\n/);
      }
      await wal.close();
    }
  });

  it('there must be one', async () => {
    for (const args of [['consumers'], ['seek', 'c', 't', '--to', 'end'], ['drop-consumer', 'c']]) {
      const [command = '', ...rest] = args;
      expect((await shale([command, join(dir, 'nothing'), ...rest])).code).toBe(4);
    }
  });
});

describe('of a log that a process has open', () => {
  it('the process that shows it moves and drops them itself', async () => {
    const wal = await running('shown', true);
    const consumer = await wal.consumer('billing', { tables: wal.table('orders') });
    expect(objects(await ok(['consumers', wal.path, '--json']))).toMatchObject([
      { name: 'billing', isOpen: true, epoch: 2 },
    ]);
    const batches = consumer[Symbol.asyncIterator]();
    expect((await batches.next()).value).toMatchObject({ first: 5n });
    await ok(['seek', wal.path, 'billing', 'orders', '--to', 'start']);
    expect((await batches.next()).value).toMatchObject({ first: 1n });
    await ok(['drop-consumer', wal.path, 'billing']);
    await expect(batches.next()).rejects.toMatchObject({ code: 'SHALE_FENCED' });
  });

  it('one that lets nobody look in: they are listed as they are stored, and not changed', async () => {
    const wal = await running('hidden', false);
    expect(objects(await ok(['consumers', wal.path, '--json']))).toMatchObject([{ name: 'billing', lag: 6 }]);
    for (const args of [
      ['seek', wal.path, 'billing', 'orders', '--to', 'end'],
      ['drop-consumer', wal.path, 'billing'],
    ]) {
      const { code, stderr } = await shale(args);
      expect(code).not.toBe(0);
      expect(stderr).toContain('inspect: true');
      expect(stderr).toContain('wal.dropConsumer()');
    }
    expect(await wal.consumers()).toHaveLength(1);
  });
});

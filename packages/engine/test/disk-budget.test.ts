import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Table, type Wal, WalError, type WalOptions } from '@shale/engine';
import { expect, test, vi } from 'vitest';
import { DiskBudget, NO_ROOM_MAKING } from '../dist/disk-budget.js';
import { Client } from './clients.js';
import { iterate, next } from './consuming.js';
import { bytes, failureOf, open, rejectsWith, temporary } from './support.js';

const MIB = 2 ** 20;
const BUDGET = 16 * MIB;
const PAYLOAD = 64 * 1024;
/** What compactions of so small a log may take on top while they run. */
const ON_TOP = BUDGET;
const WAIT = { timeout: 60_000, interval: 20 };

const SMALL: WalOptions = {
  durability: 'os',
  rocksdb: {
    writeBufferSize: MIB / 2,
    maxWriteBufferNumber: 5,
    targetFileSizeBase: 2 * MIB,
    spaceReserve: 0,
  },
};

/** What the files of a log take. */
function size(path: string): number {
  return readdirSync(path).reduce((sum, name) => sum + blocksOf(join(path, name)) * 512, 0);
}

function blocksOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.blocks ?? 0;
}

/** Appends so many bytes, or until it is refused; returns the refusal. The log is never larger than it may be. */
async function append(wal: Wal, table: Table, most: number): Promise<WalError | null> {
  for (let done = 0; done < most; done += PAYLOAD * 8) {
    try {
      await table.appendBatch(Array.from({ length: 8 }, () => randomBytes(PAYLOAD)));
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      return error;
    }
    expect(size(wal.path)).toBeLessThan(BUDGET + ON_TOP);
  }
  return null;
}

/** How something is refused once the budget is used up: where there was room for it, that is filled first. */
async function refused(wal: Wal, table: Table, act: () => Promise<unknown>): Promise<WalError> {
  for (;;) {
    await append(wal, table, BUDGET * 4);
    try {
      await act();
    } catch (error) {
      if (error instanceof WalError) return error;
      throw error;
    }
  }
}

/** Resolves when an append is let in, without a resume. */
async function letIn(table: Table): Promise<void> {
  await vi.waitFor(() => table.append(bytes('let in')), WAIT);
}

test('a budget that is used up refuses entries and nothing else, and lets them in when there is room again', async () => {
  const wal = await open({ ...SMALL, disk: { budgetBytes: BUDGET } });
  const [table, other] = [wal.table('one'), wal.table('other')];
  await other.append(bytes('other'));
  const fails = (act: () => Promise<unknown>): Promise<WalError> => refused(wal, table, act);
  const consumer = await wal.consumer('slow', { tables: table, maxUnacked: 10_000 });
  await wal.retain(table, { keep: { entries: 0 } });
  const refusal = await append(wal, table, BUDGET * 4);
  expect(refusal).toMatchObject({ code: 'SHALE_NO_SPACE', details: { budgetBytes: BUDGET } });
  expect((await table.lastSequence()) * BigInt(PAYLOAD)).toBeGreaterThan(BigInt(BUDGET / 4));
  expect(wal.health).toBe('well');

  // Whom it is all kept for is told when it is known.
  await vi.waitFor(async () => {
    const { message, details } = await fails(() => other.append(bytes('x')));
    expect(details).toMatchObject({ budgetBytes: BUDGET, consumer: 'slow', lag: expect.any(BigInt) });
    expect(message).toContain('"slow"');
  }, WAIT);
  const appends = [
    () => wal.write([{ table: other, payloads: [bytes('x')] }]),
    () => other.append(bytes('x'), { id: 'an id' }),
    () => wal.table('new').append(bytes('x')),
  ];
  for (const each of appends) expect((await fails(each)).code).toBe('SHALE_NO_SPACE');

  // Trims, drops, positions and reads go on; what the consumer is done with makes room.
  const last = await table.lastSequence();
  expect(await other.trim(1n)).toMatchObject({ first: 2n });
  await other.drop();
  expect((await table.get(last))?.payload.length).toBe(PAYLOAD);
  const batches = iterate(consumer);
  let done = 0n;
  const consume = async (): Promise<void> => {
    const end = await table.lastSequence();
    while (done < end) {
      const batch = await next(batches);
      batch.ack();
      done = batch.last;
    }
    await consumer.commit();
  };
  await consume();
  await letIn(table);
  // It may be a while before all of the room is there.
  await vi.waitFor(async () => {
    await consume();
    expect(await append(wal, table, BUDGET / 4)).toBe(null);
  }, WAIT);
});

test('tables that yield lose their oldest entries, others none, and a consumer is told once', async () => {
  const wal = await open({ ...SMALL, disk: { budgetBytes: BUDGET, policy: 'dropOldest' } });
  const [yields, stays] = [wal.table('yields'), wal.table('stays')];
  await wal.retain(yields, { keep: { entries: 1_000_000 }, atMost: 'disk' });
  await wal.retain(stays, { keep: { entries: 1_000_000 } });
  expect(await wal.retentions()).toEqual([
    { target: { name: 'stays' }, keep: { entries: 1_000_000n }, atMost: null },
    { target: { name: 'yields' }, keep: { entries: 1_000_000n }, atMost: 'disk' },
  ]);
  expect(await append(wal, stays, 2 * MIB)).toBe(null);
  const consumer = await wal.consumer('late', { tables: yields, onTrimmed: 'skip', chunkEntries: 1 });
  await yields.append(bytes('first'));
  const batches = iterate(consumer);
  const one = await next(batches);
  expect(one.last).toBe(1n);
  one.ack();
  await consumer.close();

  for (let refused = 0; (await yields.lastSequence()) < (BUDGET * 3) / PAYLOAD; ) {
    const refusal = await append(wal, yields, BUDGET);
    if (refusal === null) continue;
    expect(refusal).toMatchObject({ code: 'SHALE_NO_SPACE', details: { budgetBytes: BUDGET } });
    await letIn(yields);
    expect(++refused).toBeLessThan(200);
  }
  await vi.waitFor(() => expect(size(wal.path)).toBeLessThan(BUDGET), WAIT);
  // Until nothing more goes: the files are looked at twice a second.
  let first = 0n;
  await vi.waitFor(
    async () => {
      const before = first;
      first = await yields.firstSequence();
      expect(first).toBe(before);
    },
    { ...WAIT, interval: 1500 },
  );
  expect([await stays.firstSequence(), await stays.lastSequence()]).toEqual([1n, 32n]);
  const last = await yields.lastSequence();
  expect(await yields.firstSequence()).toBeGreaterThan(last / 2n);

  const again = iterate(await wal.consumer('late', { tables: yields, onTrimmed: 'skip' }));
  const gaps: unknown[] = [];
  let expected = 2n;
  while (expected <= last) {
    const batch = await next(again);
    if (batch.gap !== null) gaps.push(batch.gap);
    expected = batch.gap?.first ?? expected;
    for (const { sequence } of batch) expect(sequence).toBe(expected++);
  }
  expect(gaps).toEqual([{ expected: 2n, first: expect.any(BigInt) }]);
});

test('a log that is opened above its budget is read and trimmed, and below it it takes entries at once', async () => {
  const path = await temporary();
  const first = await open({ ...SMALL, path });
  const table = first.table({ region: 1, table: 1 });
  for (let i = 0; i < 320; i += 16)
    await table.appendBatch(Array.from({ length: 16 }, () => randomBytes(PAYLOAD)));
  await first.close();
  const above = await open({ ...SMALL, path, disk: { budgetBytes: BUDGET } });
  const again = above.table({ region: 1, table: 1 });
  expect(await failureOf(again.append(bytes('x')))).toMatchObject({ code: 'SHALE_NO_SPACE' });
  expect((await again.get(320n))?.payload.length).toBe(PAYLOAD);
  await again.trim(300n);
  await letIn(again);
  await above.close();
  const below = await open({ ...SMALL, path, disk: { budgetBytes: BUDGET } });
  expect(await below.table({ region: 1, table: 1 }).append(bytes('x'))).toBeGreaterThan(321n);
  await below.close();
  const reader = await open({ path, readOnly: true, disk: { budgetBytes: BUDGET } });
  expect(await reader.table({ region: 1, table: 1 }).firstSequence()).toBe(301n);
});

test('what another thread of the process appends is held to the budget, too', async () => {
  const wal = await open({ ...SMALL, disk: { budgetBytes: BUDGET } });
  const client = await Client.of(wal);
  const refusal = await client.run(async ({ wal }, payload) => {
    const table = wal.table({ region: 1, table: 1 });
    for (let done = 0; done < 64 * 2 ** 20; done += payload * 8) {
      const payloads = Array.from({ length: 8 }, () => crypto.getRandomValues(new Uint8Array(payload)));
      const code = await table.appendBatch(payloads).then(
        () => null,
        (error: { readonly code?: string }) => error.code,
      );
      if (code !== null) return code;
    }
    return null;
  }, PAYLOAD);
  expect(refusal).toBe('SHALE_NO_SPACE');
  expect(size(wal.path)).toBeLessThan(BUDGET + ON_TOP);
  const table = wal.table({ region: 1, table: 1 });
  await table.trim(await table.lastSequence());
  const letIn = () => client.run(({ wal }) => wal.table({ region: 1, table: 1 }).append(new Uint8Array(1)));
  await vi.waitFor(letIn, WAIT);
});

test('who cannot see the files refuses nothing', async () => {
  const path = join(await temporary(), 'elsewhere');
  const disk = new DiskBudget(
    { ...NO_ROOM_MAKING, path, pendingBytes: () => 0 },
    {
      budgetBytes: BUDGET,
      policy: 'refuse',
    },
  );
  await disk.start();
  expect(disk.admit(BUDGET * 2)).toBeNull();
  await disk.stop();
});

test('what is no budget is refused', async () => {
  const budgetBytes = BUDGET;
  const hostile: unknown[] = [
    5,
    'refuse',
    [],
    {},
    { budgetBytes: undefined },
    { budgetBytes: String(BUDGET) },
    { budgetBytes: BigInt(BUDGET) },
    { budgetBytes: BUDGET - 1 },
    { budgetBytes: Number.NaN },
    { budgetBytes: Number.POSITIVE_INFINITY },
    { budgetBytes: 2 ** 53 },
    { budgetBytes: BUDGET + 0.5 },
    { budgetBytes, policy: 'drop' },
    { budgetBytes, policy: null },
    { budgetBytes, budget: 5 },
    {
      get budgetBytes() {
        throw new Error('no');
      },
    },
  ];
  for (const disk of hostile) await rejectsWith('SHALE_INVALID_ARGUMENT', open({ disk: disk as never }));
  const wal = await open({ disk: { budgetBytes, policy: undefined } });
  expect(wal.options.disk).toEqual({ budgetBytes, policy: 'refuse' });
  expect((await open()).options.disk).toBe(null);
  for (const atMost of ['Disk', 'all', null, 5])
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.retain('all', { atMost: atMost as never }));
});

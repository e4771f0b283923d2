import { join } from 'node:path';
import {
  AppendFrameWriter,
  decodeAppendFrame,
  encodePosition,
  positionKey,
  type TableId,
} from '@shale/codec';
import {
  type Log,
  openLog,
  type RepairLoss,
  repairDatabase,
  restoreBackup,
  type VerifyFinding,
} from '@shale/storage';
import { expect, test } from 'vitest';
import { codeOf, directory, fill, fresh, open, payloads, plant, sequences } from './support.js';

const IN: TableId = { region: 1n, table: 7n };
const OUT: TableId = { region: 2n, table: 8n };
const CONSUMER = 5n;

interface Move {
  readonly stored: bigint;
  readonly position: bigint;
  readonly epoch?: bigint;
  readonly consumer?: bigint;
  readonly state?: Uint8Array;
}

/** What a frame does, in order; each is an atomic write of its own unless it joins. */
type Step =
  | { readonly append: TableId; readonly count: number; readonly joins?: boolean; readonly expect?: bigint }
  | ({ readonly move: TableId; readonly joins?: boolean } & Move)
  | { readonly trim: TableId; readonly upTo: bigint }
  | { readonly drop: TableId };

function commit(log: Log, ...steps: readonly Step[]) {
  const writer = new AppendFrameWriter(new ArrayBuffer(1024 * 1024));
  const tableOf = (id: TableId): number => writer.addTableOf({ instance: log.instance, ...id });
  for (const step of steps) {
    if ('append' in step) {
      writer.beginAppend(tableOf(step.append), { joins: step.joins, expect: step.expect });
      for (const payload of payloads(step.count)) writer.add(payload);
    } else if ('move' in step) {
      const { stored, position, epoch = 1n, consumer = CONSUMER, state = new Uint8Array(0) } = step;
      const value = encodePosition({ position, epoch, state });
      writer.addPosition(tableOf(step.move), step.joins === true, consumer, stored, value);
    } else if ('trim' in step) writer.addTrim(tableOf(step.trim), step.upTo);
    else writer.addDrop(tableOf(step.drop));
  }
  return log.commit(decodeAppendFrame(writer.seal({ sync: false }).slice()));
}

function codes(result: ReturnType<typeof commit>): [number, string][] {
  return result.errors.map(({ append, error }) => [append, error.code]);
}

function at(log: Log, id: TableId = IN, consumer = CONSUMER): bigint | undefined {
  return log.consumers.position(id, consumer)?.position;
}

async function findings(log: Log): Promise<VerifyFinding[]> {
  return [...log.verify()].filter((event) => event.type === 'finding');
}

test('a position is written with what it belongs to, or nothing of both is', async () => {
  const path = await directory();
  {
    await using log = await openLog(path);
    fill(log, IN, 10);
    const state = Uint8Array.of(1, 2, 3);
    const both = commit(
      log,
      { append: OUT, count: 2 },
      { move: IN, stored: 0n, position: 4n, state, joins: true },
    );
    expect(both).toMatchObject({ errors: [], firsts: BigUint64Array.of(1n, 0n) });
    const refused = commit(
      log,
      { append: OUT, count: 2 },
      { move: IN, stored: 0n, position: 6n, joins: true },
      { append: OUT, count: 1 },
      { move: IN, stored: 4n, position: 6n },
      { append: OUT, count: 3, expect: 9n },
      { move: IN, stored: 6n, position: 7n, joins: true },
    );
    expect(codes(refused)).toEqual([
      [0, 'SHALE_FENCED'],
      [1, 'SHALE_FENCED'],
      [4, 'SHALE_SEQUENCE_MISMATCH'],
      [5, 'SHALE_SEQUENCE_MISMATCH'],
    ]);
    expect(log.consumers.position(IN, CONSUMER)).toEqual({
      position: 6n,
      epoch: 1n,
      state: new Uint8Array(0),
    });
  }
  const log = await open(path);
  expect(at(log)).toBe(6n);
  expect(sequences(log, OUT)).toEqual([1n, 2n, 3n]);
  expect(sequences(log, IN)).toHaveLength(10);
});

test('a position of a later opening keeps an earlier one from writing, and none goes beyond its table', async () => {
  const log = await fresh();
  fill(log, IN, 3);
  expect(codes(commit(log, { move: IN, stored: 0n, position: 1n, epoch: 2n }))).toEqual([]);
  expect(codes(commit(log, { move: IN, stored: 1n, position: 2n, epoch: 1n }))).toEqual([
    [0, 'SHALE_FENCED'],
  ]);
  expect(codes(commit(log, { move: IN, stored: 1n, position: 4n, epoch: 2n }))).toEqual([[0, 'SHALE_AHEAD']]);
  // What stands before it in the frame counts.
  const chained = commit(
    log,
    { append: IN, count: 2 },
    { move: IN, stored: 1n, position: 5n, epoch: 2n, joins: true },
    { move: IN, stored: 5n, position: 2n, epoch: 2n },
    { move: IN, stored: 5n, position: 3n, epoch: 2n },
  );
  expect(codes(chained)).toEqual([[3, 'SHALE_FENCED']]);
  expect(at(log)).toBe(2n);
  expect(codes(commit(log, { move: OUT, stored: 0n, position: 0n }))).toEqual([]);
  expect(at(log, OUT)).toBe(0n);
});

test('positions of other consumers and tables, and trims, leave a position alone', async () => {
  const log = await fresh();
  fill(log, IN, 100);
  fill(log, OUT, 100);
  commit(log, { move: IN, stored: 0n, position: 90n }, { move: IN, stored: 0n, position: 7n, consumer: 6n });
  commit(log, { move: OUT, stored: 0n, position: 1n }, { trim: IN, upTo: 100n });
  expect([at(log), at(log, IN, 6n), at(log, OUT)]).toEqual([90n, 7n, 1n]);
  expect(log.lastSequence(IN)).toBe(100n);
});

test('a drop takes the positions of its table, even those of the same frame, and of no other', async () => {
  const log = await fresh();
  for (const id of [IN, { ...IN, table: 8n }, { ...IN, region: 0n }]) {
    fill(log, id, 3);
    commit(
      log,
      { move: id, stored: 0n, position: 2n },
      { move: id, stored: 0n, position: 1n, consumer: 2n ** 64n - 1n },
    );
  }
  log.drop(IN);
  expect([at(log), at(log, IN, 2n ** 64n - 1n)]).toEqual([undefined, undefined]);
  expect([at(log, { ...IN, table: 8n }), at(log, { ...IN, region: 0n })]).toEqual([2n, 2n]);
  const again = commit(
    log,
    { append: IN, count: 3 },
    { move: IN, stored: 0n, position: 3n, joins: true },
    { drop: IN },
    { move: IN, stored: 3n, position: 1n },
  );
  expect(codes(again)).toEqual([[3, 'SHALE_FENCED']]);
  expect(at(log)).toBeUndefined();
  commit(log, { append: IN, count: 2 }, { move: IN, stored: 0n, position: 2n });
  const anew = commit(log, { drop: IN }, { append: IN, count: 1 }, { move: IN, stored: 0n, position: 1n });
  expect([codes(anew), at(log)]).toEqual([[], 1n]);
  log.drop(IN);
  commit(
    log,
    { append: IN, count: 1 },
    { drop: IN },
    { append: IN, count: 1 },
    { move: IN, stored: 0n, position: 1n },
  );
  expect(at(log)).toBe(1n);
});

test('what cannot be read of a position is of its table alone', async () => {
  const log = await fresh();
  fill(log, IN, 3);
  await plant(log, positionKey(0, { ...IN, consumer: CONSUMER }), Uint8Array.of(1));
  const result = commit(
    log,
    { append: OUT, count: 1 },
    { move: IN, stored: 0n, position: 1n, joins: true },
    { append: OUT, count: 1 },
  );
  expect(codes(result)).toEqual([
    [0, 'SHALE_CORRUPT'],
    [1, 'SHALE_CORRUPT'],
  ]);
  expect(sequences(log, OUT)).toEqual([1n]);
  expect(codeOf(() => log.consumers.position(IN, CONSUMER))).toBe('SHALE_CORRUPT');
});

test('a consumer has an id for good, and another epoch with each opening', async () => {
  const path = await directory();
  let id: bigint;
  {
    await using log = await openLog(path);
    const first = log.consumers.open('billing');
    id = first.consumer;
    expect(first.epoch).toBe(1n);
    expect(log.consumers.open('billing')).toEqual({ consumer: id, epoch: 2n });
    expect(log.consumers.open('mail').consumer).not.toBe(id);
  }
  const log = await open(path);
  expect(log.consumers.open('billing')).toEqual({ consumer: id, epoch: 3n });
  expect(log.consumers.list().map(({ name }) => name)).toEqual(['billing', 'mail']);
  expect(codeOf(() => log.consumers.open(''))).toBe('SHALE_INVALID_ARGUMENT');
});

test('positions are listed in parts, and a consumer is dropped in parts, others left alone', async () => {
  const log = await fresh();
  const billing = log.consumers.open('billing').consumer;
  const mail = log.consumers.open('mail').consumer;
  const tables = Array.from(
    { length: 2500 },
    (_, i): TableId => ({ region: BigInt(i % 2), table: BigInt(i) }),
  );
  commit(
    log,
    ...tables.flatMap((id): Step[] => [
      { append: id, count: 2 },
      { move: id, stored: 0n, position: 1n, consumer: billing },
      { move: id, stored: 0n, position: 2n, consumer: mail },
    ]),
  );
  const all = (
    list: (from: Uint8Array | null) => { items: readonly unknown[]; next: Uint8Array | null },
  ): number[] => {
    const parts: number[] = [];
    for (let next: Uint8Array | null = null; ; ) {
      const part = list(next);
      parts.push(part.items.length);
      if (part.next === null) return parts;
      next = part.next;
    }
  };
  const sum = (parts: number[]): number => parts.reduce((total, part) => total + part, 0);
  const positions = all((from) => log.consumers.positions(mail, null, from));
  expect(positions.length).toBeGreaterThan(2);
  expect(sum(positions)).toBe(2500);
  expect(sum(all((from) => log.consumers.positions(mail, 1n, from)))).toBe(1250);
  expect(sum(all((from) => log.consumers.positions(null, null, from)))).toBe(5000);
  expect(log.consumers.positions(null, null, null).items[0]).toMatchObject({
    region: 0n,
    table: 0n,
    last: 2n,
  });
  for (let next = log.consumers.drop('mail', null); next !== null; ) next = log.consumers.drop('mail', next);
  expect(sum(all((from) => log.consumers.positions(mail, null, from)))).toBe(0);
  expect(sum(all((from) => log.consumers.positions(billing, null, from)))).toBe(2500);
  expect(log.consumers.find('mail')).toBeNull();
  expect(await findings(log)).toEqual([]);
});

test('what others have in the same tables does not make the positions of one consumer longer to find, or to drop', async () => {
  const log = await fresh();
  const one = log.consumers.open('one').consumer;
  const tables = Array.from({ length: 20 }, (_, i): TableId => ({ region: BigInt(i % 3), table: BigInt(i) }));
  const others = Array.from({ length: 1000 }, (_, i) => BigInt(i + 1) << 54n);
  for (const id of tables) {
    const moves = [...others, one].map(
      (consumer): Step => ({ move: id, stored: 0n, position: 1n, consumer, state: new Uint8Array(20) }),
    );
    commit(log, { append: id, count: 1 }, ...moves);
  }
  const last: TableId = { region: 2n ** 64n - 1n, table: 2n ** 64n - 1n };
  commit(log, { append: last, count: 1 }, { move: last, stored: 0n, position: 1n, consumer: 2n ** 64n - 1n });
  const { items, next } = log.consumers.positions(one, null, null);
  expect(items.map(({ region, table }) => `${region}/${table}`).sort()).toEqual(
    tables.map(({ region, table }) => `${region}/${table}`).sort(),
  );
  expect(next).toBeNull();
  expect(log.consumers.positions(one, 1n, null).items).toHaveLength(7);
  expect(log.consumers.positions(2n ** 64n - 1n, null, null).items).toHaveLength(1);
  expect(log.consumers.drop('one', null)).toBeNull();
  expect(log.consumers.positions(one, null, null)).toEqual({ items: [], next: null });
  expect(at(log, tables[0], others[0])).toBe(1n);
});

test('a consumer that was announced has its id, and counts as never opened', async () => {
  const log = await fresh();
  const announced = log.consumers.announce('c');
  expect(announced.epoch).toBe(1n);
  expect(log.consumers.find('c')).toEqual({ ...announced, epoch: 0n });
  expect(log.consumers.announce('c')).toEqual(announced);
  expect(log.consumers.open('c')).toEqual(announced);
  expect(log.consumers.announce('c')).toEqual({ ...announced, epoch: 2n });
  expect(log.consumers.find('c')).toEqual(announced);
  expect(await findings(log)).toEqual([]);
});

test('a list of tables has nothing of positions, and a verification finds one that cannot be', async () => {
  const log = await fresh();
  const { consumer } = log.consumers.open('billing');
  fill(log, IN, 3);
  commit(log, { move: IN, stored: 0n, position: 3n, consumer });
  expect([...log.tables()].map(({ id }) => id)).toEqual([IN]);
  expect(await findings(log)).toEqual([]);
  await plant(
    log,
    positionKey(0, { ...IN, consumer }),
    encodePosition({ position: 4n, epoch: 1n, state: new Uint8Array(0) }),
  );
  expect(await findings(log)).toMatchObject([{ kind: 'consumer', severity: 'error', id: IN }]);
  await plant(
    log,
    positionKey(0, { ...IN, consumer: 1n }),
    encodePosition({ position: 1n, epoch: 1n, state: new Uint8Array(0) }),
  );
  expect(await findings(log)).toHaveLength(2);
});

test('a backup has the positions, and a restored one goes on from them', async () => {
  const root = await directory();
  const log = await open(join(root, 'log'));
  const { consumer } = log.consumers.open('billing');
  fill(log, IN, 5);
  commit(log, { move: IN, stored: 0n, position: 4n, consumer, state: Uint8Array.of(9) });
  await log.backup(join(root, 'backups'));
  await restoreBackup(join(root, 'backups'), join(root, 'restored'));
  const restored = await open(join(root, 'restored'));
  expect(restored.consumers.find('billing')).toEqual({ consumer, epoch: 1n });
  expect(restored.consumers.position(IN, consumer)).toEqual({
    position: 4n,
    epoch: 1n,
    state: Uint8Array.of(9),
  });
});

async function repaired(path: string): Promise<{ log: Log; losses: RepairLoss[] }> {
  const losses: RepairLoss[] = [];
  const to = `${path}-repaired`;
  for await (const event of repairDatabase(path, to)) if (event.type === 'loss') losses.push(event);
  return { log: await open(to), losses };
}

test('a repair saves consumers and positions, and gives no sequence out again that a position is past', async () => {
  const path = await directory();
  const log = await openLog(path);
  const { consumer } = log.consumers.open('billing');
  fill(log, IN, 5);
  commit(log, { move: IN, stored: 0n, position: 3n, consumer });
  // As damage would leave it: what the position is past is gone.
  await plant(
    log,
    positionKey(0, { ...IN, consumer }),
    encodePosition({ position: 9n, epoch: 1n, state: new Uint8Array(0) }),
  );
  await plant(
    log,
    positionKey(0, { ...IN, consumer: 1n }),
    encodePosition({ position: 1n, epoch: 1n, state: new Uint8Array(0) }),
  );
  await log.close();
  const { log: fixed, losses } = await repaired(path);
  expect(losses).toMatchObject([{ kind: 'consumer', instance: 0 }]);
  expect(fixed.consumers.find('billing')).toEqual({ consumer, epoch: 1n });
  expect(fixed.consumers.position(IN, consumer)?.position).toBe(9n);
  expect(fixed.consumers.position(IN, 1n)).toBeNull();
  expect(fixed.nextSequence(IN)).toBe(10n);
  expect(await findings(fixed)).toEqual([]);
});

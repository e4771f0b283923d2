// Positions that the application keeps, in the transaction that stores what comes of the entries.
import type { Consumer, OwnPosition, PositionMove, TableId } from '@shale/engine';
import { expect, test } from 'vitest';
import { fill, iterate, next } from './consuming.js';
import { all, open, rejectsWith, temporary, text } from './support.js';

const ID = { region: 1n, table: 1n };

/** A database of the application's: what a transaction has done to it is there when it is committed, or not at all. */
class Store {
  positions = new Map<string, bigint>();
  rows: string[] = [];
  readonly loads: TableId[] = [];
  readonly moves: PositionMove[] = [];

  readonly position: OwnPosition = {
    load: async (table) => {
      this.loads.push(table);
      return this.positions.get(keyOf(table));
    },
    store: async (move, transaction: Transaction | undefined) => {
      this.moves.push(move);
      const { table, before, after } = move;
      const into = transaction ?? this.begin();
      if (before !== null && (into.positions.get(keyOf(table)) ?? 0n) !== before) return false;
      into.positions.set(keyOf(table), after);
      if (transaction === undefined) into.commit();
      return true;
    },
  };

  begin(): Transaction {
    return new Transaction(this);
  }
}

class Transaction {
  readonly positions: Map<string, bigint>;
  readonly rows: string[] = [];
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.positions = new Map(store.positions);
  }

  commit(): void {
    this.#store.positions = this.positions;
    this.#store.rows.push(...this.rows);
  }
}

const keyOf = ({ region, table }: TableId): string => `${region}/${table}`;

test('what comes of each entry is stored exactly once, wherever a transaction breaks off, and whatever the log knows', async () => {
  const path = await temporary();
  const store = new Store();
  let turn = 0;
  for (let round = 0; store.rows.length < 300; round++) {
    const wal = await open({ path });
    const tables = [1n, 2n, 3n].map((table) => wal.table({ region: 1n, table }));
    if (round === 0) for (const table of tables) await fill(table, 100);
    const consumer = await wal.consumer('c', {
      tables: wal.region(1n),
      position: store.position,
      chunkEntries: 7,
      commit: { everyEntries: 20 },
    });
    for (let again = 0; again < 3 && store.rows.length < 300; again++) {
      for await (const batch of consumer) {
        const transaction = store.begin();
        await batch.store(transaction);
        for (const { sequence } of batch) transaction.rows.push(`${batch.table.table}/${sequence}`);
        // Not committed; committed, and not acknowledged; or both.
        if (++turn % 5 === 1) break;
        transaction.commit();
        if (turn % 5 === 3 || store.rows.length === 300) break;
      }
    }
    await wal.close();
  }
  const expected = [1, 2, 3].flatMap((table) => Array.from({ length: 100 }, (_, i) => `${table}/${i + 1}`));
  expect(store.rows.toSorted()).toEqual(expected.toSorted());
  expect(new Set(store.loads.map(keyOf)).size).toBe(3);
});

test('a position that somebody else has moved is refused, and the next iteration begins there', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 20);
  const store = new Store();
  const consumer = await wal.consumer('c', { tables: table, position: store.position, chunkEntries: 5 });
  const batches = iterate(consumer);
  const first = await next(batches);
  store.positions.set(keyOf(ID), 10n);
  const transaction = store.begin();
  await rejectsWith('SHALE_FENCED', first.store(transaction));
  await batches.return?.();
  await rejectsWith('SHALE_FENCED', first.store(store.begin()));
  const again = iterate(consumer);
  const batch = await next(again);
  expect(batch.first).toBe(11n);
  // A transaction that was rolled back is begun anew.
  await batch.store(store.begin());
  const second = store.begin();
  await batch.store(second);
  second.commit();
  expect((await next(again)).first).toBe(16n);
  expect(store.moves.at(-1)).toEqual({ table: ID, before: 10n, after: 15n });
  await again.return?.();
  expect((await next(iterate(consumer))).first).toBe(16n);
});

test('the log has a copy, which follows what is acknowledged, and what the application says when an iteration begins', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 20);
  const store = new Store();
  store.positions.set(keyOf(ID), 10n);
  const consumer = await wal.consumer('c', { tables: 'all', position: store.position, chunkEntries: 5 });
  expect(store.loads).toEqual([]);
  expect(await consumer.lag()).toEqual({ entries: 10n, tables: 1 });
  await consumer.commit();
  expect(await wal.consumers()).toMatchObject([{ lag: 10n }]);
  const batches = iterate(consumer);
  (await next(batches)).ack();
  expect((await next(batches)).first).toBe(16n);
  await consumer.commit();
  expect(await wal.consumers()).toMatchObject([{ lag: 5n }]);
  expect(wal.metrics().consumers).toMatchObject([{ lag: 5n, unacked: 5 }]);
  await batches.return?.();
  // Its database was restored, and is further back.
  store.positions.set(keyOf(ID), 3n);
  expect((await next(iterate(consumer))).first).toBe(4n);
  await consumer.close();
  expect(await wal.consumers()).toMatchObject([{ lag: 17n }]);
});

test('a seek moves the position of the application, wherever that is, from outside too', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 20);
  const store = new Store();
  const consumer = await wal.consumer('c', { tables: table, position: store.position });
  const batches = iterate(consumer);
  expect((await next(batches)).first).toBe(1n);
  await consumer.seek(table, { after: 7n });
  expect(store.moves).toEqual([{ table: ID, before: null, after: 7n }]);
  expect((await next(batches)).first).toBe(8n);
  await wal.seekConsumer('c', table, 'end');
  expect(store.positions.get(keyOf(ID))).toBe(20n);
  await rejectsWith('SHALE_AHEAD', consumer.seek(table, { after: 21n }));
  expect(store.positions.get(keyOf(ID))).toBe(20n);
});

test('the copy in the log is never ahead of the application, so that nothing goes which it still needs', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 20);
  const store = new Store();
  const copy = async (): Promise<bigint | undefined> => (await all(wal.consumerPositions('c')))[0]?.position;
  let isDown = true;
  const position: OwnPosition = {
    ...store.position,
    store: async (move, transaction) => {
      if (isDown) throw new Error('no database');
      return await store.position.store(move, transaction);
    },
  };
  const consumer = await wal.consumer('c', { tables: table, position });
  await expect(consumer.seek(table, 'end')).rejects.toThrow('no database');
  expect(await copy()).toBeUndefined();
  isDown = false;
  await consumer.seek(table, 'end');
  expect(await copy()).toBe(20n);
  isDown = true;
  await expect(consumer.seek(table, { after: 5n })).rejects.toThrow('no database');
  expect(await copy()).toBe(5n);
  isDown = false;
  await consumer.seek(table, 'end');
  // Its database was restored, and is further back, or has nothing at all.
  for (const before of [3n, undefined]) {
    if (before === undefined) store.positions.clear();
    else store.positions.set(keyOf(ID), before);
    const batches = iterate(consumer);
    expect((await next(batches)).first).toBe((before ?? 0n) + 1n);
    expect(await copy()).toBe(before ?? 0n);
    await batches.return?.();
    await consumer.seek(table, 'end');
  }
});

test('an iteration fails with what load throws, or gives that is no position, and the next one asks again', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 20);
  const given: unknown[] = [new Error('no database'), '7', -1, {}, 21n, null, 7];
  const position: OwnPosition = {
    load: () => {
      const value = given.shift();
      if (value instanceof Error) throw value;
      return value as bigint;
    },
    store: () => true,
  };
  const consumer = await wal.consumer('c', { tables: table, position });
  await expect(next(iterate(consumer))).rejects.toThrow('no database');
  for (let i = 0; i < 3; i++) await rejectsWith('SHALE_INVALID_ARGUMENT', next(iterate(consumer)));
  // Beyond the end, as after the log was restored.
  await rejectsWith('SHALE_AHEAD', next(iterate(consumer)));
  for (const first of [1n, 8n]) {
    const batches = iterate(consumer);
    expect((await next(batches)).first).toBe(first);
    await batches.return?.();
  }
});

test('a consumer whose application does not say where it is can be closed, and so can the WAL', async () => {
  const wal = await open();
  await fill(wal.table(ID), 10);
  const never: OwnPosition = { load: () => new Promise(() => {}), store: () => true };
  for (const tables of ['all', wal.table(ID)] as const) {
    const consumer = await wal.consumer('c', { tables, position: never });
    const waiting = iterate(consumer).next();
    await wal.table({ region: 9n, table: 9n }).append(Buffer.from('x'));
    await consumer.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  }
  const consumer = await wal.consumer('c', { tables: 'all', position: never });
  const waiting = iterate(consumer).next();
  await wal.close();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a seek that the application comes to no end with holds up nobody who closes the consumer, opens or drops the name', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  let asked = (): void => {};
  const never: OwnPosition = {
    load: () => null,
    store: () => {
      asked();
      return new Promise(() => {});
    },
  };
  const options = { tables: table, position: never };
  /** Opens the consumer, moves it, and resolves when the application is asked to store that. */
  const stuck = async (seek: (consumer: Consumer) => Promise<unknown>) => {
    const consumer = await wal.consumer('c', options);
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const outcome = Promise.allSettled([seek(consumer)]);
    await isAsked;
    return { consumer, waiting: iterate(consumer).next(), outcome };
  };
  const toEnd = (consumer: Consumer): Promise<void> => consumer.seek(table, 'end');
  const fromOutside = (): Promise<bigint> => wal.seekConsumer('c', table, 'end');
  const failed = (code: string) => [{ status: 'rejected', reason: expect.objectContaining({ code }) }];

  const closed = await stuck(toEnd);
  await closed.consumer.close();
  expect(await closed.outcome).toEqual(failed('SHALE_CLOSED'));
  expect(await closed.waiting).toEqual({ done: true, value: undefined });

  const fenced = await stuck(fromOutside);
  const isFenced = rejectsWith('SHALE_FENCED', fenced.waiting);
  const other = await wal.consumer('c', { tables: table });
  await isFenced;
  // What was asked for from outside goes to whoever has the name then.
  expect(await fenced.outcome).toEqual([{ status: 'fulfilled', value: 10n }]);
  expect(await other.lag()).toMatchObject({ entries: 0n });

  const dropped = await stuck(() => wal.seekConsumer('c', table, { after: 5n }));
  const isDropped = rejectsWith('SHALE_FENCED', dropped.waiting);
  await wal.dropConsumer('c');
  await isDropped;
  expect(await dropped.outcome).toEqual(failed('SHALE_NOT_FOUND'));

  const last = await stuck(toEnd);
  await wal.close();
  expect(await last.outcome).toEqual(failed('SHALE_CLOSED'));
  expect(await last.waiting).toEqual({ done: true, value: undefined });
});

test('a table that was dropped, and one that comes later: the position of the one goes, the other begins at its start', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  const store = new Store();
  const options = { tables: 'all', position: store.position, onTrimmed: 'skip', chunkEntries: 5 } as const;
  const consumer = await wal.consumer('c', options);
  const batches = iterate(consumer);
  let batch = await next(batches);
  const transaction = store.begin();
  await batch.store(transaction);
  transaction.commit();
  batch.ack();
  await table.drop();
  batch = await next(batches);
  while (batch.gap === null) batch = await next(batches);
  const removal = store.begin();
  await batch.store(removal);
  removal.commit();
  expect(store.moves.at(-1)).toEqual({ table: ID, before: null, after: 0n });
  await fill(table, 3);
  do batch = await next(batches);
  while (batch.length === 0);
  expect(batch).toMatchObject({ first: 1n, last: 3n });
  const last = store.begin();
  await batch.store(last);
  last.commit();
  expect(store.positions.get(keyOf(ID))).toBe(3n);
});

test('who keeps the positions is fixed, and what belongs to the other way is refused', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  const { position } = new Store();
  const own = await wal.consumer('own', { tables: table, position });
  const batch = await next(iterate(own));
  await rejectsWith('SHALE_INVALID_ARGUMENT', batch.write([]));
  const inLog = await wal.consumer('log', { tables: table });
  await rejectsWith('SHALE_INVALID_ARGUMENT', (await next(iterate(inLog))).store());
  for (const from of ['end', { after: 1 }] as const)
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.consumer('c', { tables: table, position, from }));
  for (const wrong of [
    null,
    1,
    {},
    { load: position.load },
    { ...position, more: 1 },
    { ...position, load: 1 },
  ])
    await rejectsWith(
      'SHALE_INVALID_ARGUMENT',
      wal.consumer('c', { tables: table, position: wrong as OwnPosition }),
    );
  const silent = { load: () => null, store: () => undefined as unknown as boolean };
  const consumer = await wal.consumer('c', { tables: table, position: silent });
  await rejectsWith('SHALE_INVALID_ARGUMENT', (await next(iterate(consumer))).store());
  expect((await all(table.read())).map(({ payload }) => text(payload))).toHaveLength(10);
});

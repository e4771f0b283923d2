import { WalError } from '@shale/codec';
import type { AppendResult, Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, apart, behind, bytes, endThread, open, rejectsWith, text } from './support.js';

/** A table of each shard, and one more of each. */
function spread(wal: Wal): { first: bigint[]; second: bigint[] } {
  const shards = behind(wal).shards.length;
  const found: bigint[][] = Array.from({ length: shards }, () => []);
  for (let table = 1n; found.some((list) => list.length < 2); table++) {
    found[wal.table({ region: 1n, table }).shard ?? 0]?.push(table);
  }
  return { first: found.map(([table]) => table ?? 0n), second: found.map(([, table]) => table ?? 0n) };
}

const of = (wal: Wal, table: bigint) => wal.table({ region: 1n, table });
const contents = async (wal: Wal, table: bigint) =>
  (await all(of(wal, table).read())).map(({ sequence, payload }) => `${sequence}:${text(payload)}`);
const one = (n: bigint): AppendResult => ({ first: n, last: n });

test.each([1, 2, 3, 8])('a write over tables of all of %i shards is in, in every one', async (shards) => {
  const wal = await open({ shards });
  const { first } = spread(wal);
  for (let round = 1n; round <= 3n; round++) {
    const results = await wal.write(
      first.map((table) => ({ table: of(wal, table), payloads: [bytes(`${round}`), bytes('b')] })),
    );
    expect(results).toEqual(first.map(() => ({ first: round * 2n - 1n, last: round * 2n })));
  }
  for (const table of first) expect(await contents(wal, table)).toHaveLength(6);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('an expect that does not hold in any part keeps out all parts, on whatever shard', async () => {
  const wal = await open({ shards: 3 });
  const { first } = spread(wal);
  await of(wal, first[1] ?? 0n).append(bytes('x'));
  for (const wrong of [0, 1, 2]) {
    const write = wal.write(
      first.map((table, i) => ({
        table: of(wal, table),
        payloads: [bytes('y')],
        expect: (i === 1 ? 2n : 1n) + (i === wrong ? 7n : 0n),
      })),
    );
    await rejectsWith('SHALE_SEQUENCE_MISMATCH', write);
  }
  expect(await Promise.all(first.map((table) => of(wal, table).lastSequence()))).toEqual([0n, 1n, 0n]);
  const right = first.map((table, i) => ({
    table: of(wal, table),
    payloads: [bytes('y')],
    expect: i === 1 ? 2n : 1n,
  }));
  expect(await wal.write(right)).toEqual([one(1n), one(2n), one(1n)]);
});

test('appends, writes, trims and drops of a table are done in the order they were made in', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const [a, b] = [of(wal, here), of(wal, there)];
  const pair = (n: number) =>
    wal.write([
      { table: a, payloads: [bytes(`${n}`)] },
      { table: b, payloads: [bytes(`${n}`)] },
    ]);
  const done: string[] = [];
  const note = <R>(what: string, promise: Promise<R>) => promise.then(() => void done.push(what));
  const results = await Promise.all([
    a.append(bytes('0')),
    pair(1),
    a.append(bytes('2')),
    a.trim(2n),
    note('append', a.append(bytes('3'))),
    note('write', pair(4)),
    b.append(bytes('5')),
    b.drop(),
    b.append(bytes('6')),
    pair(7),
  ]);
  expect(results[1]).toEqual([one(2n), one(1n)]);
  expect(results[3]).toEqual({ first: 3n, last: 3n });
  expect(results[8]).toBe(1n);
  expect(results[9]).toEqual([one(6n), one(2n)]);
  expect(done).toEqual(['append', 'write']);
  expect(await contents(wal, here)).toEqual(['3:2', '4:3', '5:4', '6:7']);
  expect(await contents(wal, there)).toEqual(['1:6', '2:7']);
});

test('a table that an append was made to just before, by another object, is written after it', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const appends = [];
  for (let i = 0; i < 50; i++) {
    appends.push(of(wal, here).append(bytes(`a${i}`)));
    appends.push(
      wal.write([
        { table: of(wal, here), payloads: [bytes(`w${i}`)] },
        { table: of(wal, there), payloads: [bytes(`w${i}`)] },
      ]),
    );
    if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(appends);
  expect(await contents(wal, here)).toEqual(
    Array.from({ length: 100 }, (_, i) => `${i + 1}:${i % 2 === 0 ? 'a' : 'w'}${Math.floor(i / 2)}`),
  );
});

test.each(['lends', 'writes'])(
  'an append that waits behind a frame under way is before a write that is made after it: on the shard that %s',
  async (role) => {
    const wal = await open({ shards: 2 });
    const { first, second } = spread(wal);
    const index = role === 'lends' ? 0 : 1;
    const [mine, other, beside] = [first[index], first[1 - index], second[index]].map((id) =>
      of(wal, id ?? 0n),
    );
    if (mine === undefined || other === undefined || beside === undefined) return expect.fail();
    const thread = behind(wal).shard(index).thread ?? expect.fail();
    const run = thread.run.bind(thread);
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    // The answer to the first frame does not come before it is let through.
    thread.run = (async (task: never, transfer: never) => {
      thread.run = run;
      const reply = await run(task, transfer);
      await held;
      return reply;
    }) as typeof thread.run;
    const underWay = beside.append(bytes('x'));
    await new Promise((resolve) => setImmediate(resolve));
    const append = mine.append(bytes('a'));
    const write = wal.write([
      { table: mine, payloads: [bytes('w')] },
      { table: other, payloads: [bytes('w')] },
    ]);
    // Long enough for a write that does not wait.
    for (let i = 0; i < 20; i++) await other.lastSequence();
    answer();
    expect(await Promise.all([underWay, append, write])).toEqual([1n, 1n, [one(2n), one(1n)]]);
    expect(await contents(wal, mine.id?.table ?? 0n)).toEqual(['1:a', '2:w']);
  },
);

test('a read sees what was acknowledged by a write over several shards', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  for (let n = 1; n <= 30; n++) {
    await wal.write([
      { table: of(wal, here), payloads: [bytes(`${n}`)] },
      { table: of(wal, there), payloads: [bytes(`${n}`)] },
    ]);
    const lasts = await Promise.all([of(wal, here).lastSequence(), of(wal, there).lastSequence()]);
    expect(lasts).toEqual([BigInt(n), BigInt(n)]);
    expect(await contents(wal, n % 2 === 0 ? here : there)).toHaveLength(n);
  }
});

test('writes that are made together share a frame, and tables leave the lane when they are done', async () => {
  const wal = await open({ shards: 2, durability: 'os' });
  const { here, there } = apart(wal);
  const frames = () => behind(wal).shards.reduce((sum, { counters }) => sum + counters.frames, 0);
  const pair = () =>
    wal.write([
      { table: of(wal, here), payloads: [bytes('x')] },
      { table: of(wal, there), payloads: [bytes('x')] },
    ]);
  await pair();
  const before = frames();
  await Promise.all(Array.from({ length: 500 }, pair));
  expect(frames()).toBe(before + 1);
  const { counters } = behind(wal).shard(of(wal, here).shard ?? 0);
  const mine = counters.frames;
  await of(wal, here).append(bytes('alone'));
  expect(counters.frames).toBe(mine + 1);
});

test('names on several shards can be written together before they exist', async () => {
  const wal = await open({ shards: 4 });
  const names = Array.from({ length: 20 }, (_, i) => wal.table(`name ${i}`));
  const parts = names.map((table) => ({ table, payloads: [bytes('x')] }));
  expect(await wal.write(parts)).toEqual(names.map(() => one(1n)));
  expect(await wal.write(parts)).toEqual(names.map(() => one(2n)));
});

test('sync() and close() wait for writes over several shards', async () => {
  const wal = await open({ shards: 2, durability: 'os' });
  const { here, there } = apart(wal);
  let settled = 0;
  const pairs = (count: number) => {
    for (let i = 0; i < count; i++) {
      void wal
        .write([
          { table: of(wal, here), payloads: [bytes('x')] },
          { table: of(wal, there), payloads: [bytes('x')] },
        ])
        .then(() => settled++);
    }
  };
  pairs(100);
  await wal.sync();
  expect(settled).toBe(100);
  pairs(100);
  await wal.close();
  expect(settled).toBe(200);
});

test('a region that is opened while its tables are written over several shards keeps its sequences', async () => {
  const wal = await open({ shards: 3 });
  const { first } = spread(wal);
  const parts = first.map((table) => ({ table: of(wal, table), payloads: [bytes('x')] }));
  for (let round = 1n; round <= 10n; round++) {
    const [, results] = await Promise.all([wal.region(1n).open(), wal.write(parts)]);
    expect(results).toEqual(first.map(() => one(round)));
    if (round % 3n === 0n) await endThread(wal, Number(round) % 3);
  }
});

test('a large write over several shards goes in a frame of its own', async () => {
  const wal = await open({ shards: 2, frameBytes: 16 * 1024 });
  const { here, there } = apart(wal);
  const large = () =>
    wal.write([
      { table: of(wal, here), payloads: [new Uint8Array(100_000)] },
      { table: of(wal, there), payloads: [new Uint8Array(100_000)] },
    ]);
  expect(await Promise.all([large(), large()])).toEqual([
    [one(1n), one(1n)],
    [one(2n), one(2n)],
  ]);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test.each([2, 4])(
  'threads of %i shards that die at random moments leave all or nothing of a write',
  async (shards) => {
    const wal = await open({ shards, frameBytes: 16 * 1024 });
    const { first, second } = spread(wal);
    const groups = [first, second, [...first.slice(0, 2), ...second.slice(-1)]];
    let [deaths, unknown, known] = [0, 0, 0];
    const enough = () => deaths >= 6 && unknown >= 1 && known >= 20;
    const killing = (async () => {
      while (!enough()) {
        // Only threads that have started: one that is killed at every start is given up.
        await wal.stats();
        await new Promise((resolve) => setTimeout(resolve, (deaths * 7) % 20));
        await endThread(wal, deaths % shards);
        deaths++;
      }
    })();
    const acknowledged: { table: bigint; sequence: bigint; payload: string }[] = [];
    await Promise.all(
      groups.map(async (tables, group) => {
        for (let n = 0; !enough(); n++) {
          const payload = `${group}.${n}`;
          const write = wal.write(
            tables.map((table) => ({ table: of(wal, table), payloads: [bytes(payload)] })),
          );
          const alone = of(wal, tables[0] ?? 0n)
            .append(bytes(`alone ${payload}`))
            .catch((error) => expect(error.code).toBe('SHALE_OUTCOME_UNKNOWN'));
          try {
            (await write).forEach(({ first: sequence }, i) => {
              acknowledged.push({ table: tables[i] ?? 0n, sequence, payload });
            });
            known++;
          } catch (error) {
            expect(error).toMatchObject({ code: 'SHALE_OUTCOME_UNKNOWN' });
            unknown++;
          }
          await alone;
        }
      }),
    );
    await killing;
    const stored = new Map<bigint, string[]>();
    for (const table of [...first, ...second]) {
      const entries = await all(of(wal, table).read());
      // Dense: nothing was written over.
      expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, i) => BigInt(i + 1)));
      stored.set(
        table,
        entries.map(({ payload }) => text(payload)),
      );
    }
    for (const { table, sequence, payload } of acknowledged) {
      expect(stored.get(table)?.[Number(sequence) - 1]).toBe(payload);
    }
    groups.forEach((tables, group) => {
      const lists = tables.map((table) =>
        (stored.get(table) ?? []).filter((payload) => payload.startsWith(`${group}.`)),
      );
      // Each write once and in order, in every table or in none.
      expect(new Set(lists[0]).size).toBe(lists[0]?.length);
      for (const list of lists) expect(list).toEqual(lists[0]);
    });
    expect(behind(wal).flow.inFlightBytes).toBe(0);
  },
  300_000,
);

test('however many requests wait for a lent table, the thread that has lent it takes it back', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const tables = [of(wal, here), of(wal, there)].sort((a, b) => (a.shard ?? 0) - (b.shard ?? 0));
  const [lent] = tables;
  if (lent === undefined) return expect.fail();
  const writer = behind(wal).shard(1);
  const joint = writer.joint.bind(writer);
  let asked: Promise<bigint>[] = [];
  writer.joint = (task) => {
    writer.joint = joint;
    asked = Array.from({ length: 3000 }, () => lent.lastSequence());
    return joint(task);
  };
  await wal.write(tables.map((table) => ({ table, payloads: [bytes('1')] })));
  expect(new Set(await Promise.all(asked))).toEqual(new Set([1n]));
  await wal.close();
});

test('closing waits for a write that is under way also when what was behind it has failed', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const write = () =>
    wal.write([here, there].map((table) => ({ table: of(wal, table), payloads: [bytes('1')] })));
  const writer = behind(wal).shard(1);
  const joint = writer.joint.bind(writer);
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  writer.joint = async (task) => {
    begin();
    await gate;
    return await joint(task);
  };
  const first = write();
  await begun;
  const second = rejectsWith('SHALE_NO_SPACE', write());
  behind(wal).health.notice(new WalError('SHALE_NO_SPACE', 'a full disk'));
  await second;
  const closed = wal.close();
  // Long enough for a close that does not wait to stop the shards.
  for (const shard of behind(wal).shards) await shard.request<'incarnation'>({ kind: 'incarnation' }, 'fail');
  letGo();
  expect(await first).toEqual([one(1n), one(1n)]);
  await closed;
});

test('sync waits for what its thread holds back for a loan, though frames behind it are through', async () => {
  const wal = await open({ shards: 1, durability: 'os', frameBytes: 16 * 1024 });
  const { log, shards } = behind(wal);
  const [shard] = shards;
  if (shard === undefined) return expect.fail();
  const [lent, other] = [of(wal, 1n), of(wal, 2n)];
  await lent.append(bytes('0'));
  const loan = log.openLoan();
  const ids = BigUint64Array.of(1n, 1n);
  const states = await shard.request<'lend'>({ kind: 'lend', loan, ids }, 'fail');
  const done: string[] = [];
  const sync = log.sync.bind(log);
  log.sync = async () => {
    done.push('sync');
    await sync();
  };
  const held = lent.append(bytes('1')).then(() => void done.push('held'));
  // Full frames of their own, so that they are sent behind one that is under way.
  await other.append(new Uint8Array(20_000));
  const synced = wal.sync();
  await other.append(new Uint8Array(20_000));
  await shard.request<'takeBack'>({ kind: 'takeBack', loan, states }, 'fail');
  await Promise.all([held, synced]);
  expect(done).toEqual(['held', 'sync']);
});

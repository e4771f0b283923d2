// What the oracle makes of journals of several processes, and of those that make no sense.
import { join } from 'node:path';
import { assertClean, checkDatabase, type JournalRecord, Ledger, payloadOf, settle } from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { plant, remove } from './damage.js';
import { judge, open, part, payloads, Script, temporary } from './support.js';

function acked(id: number, seed: number, first: number): JournalRecord[] {
  return [
    { op: 'submit', id, kind: 'append', parts: [part(seed, 1)], durability: 'sync' },
    { op: 'ack', id, parts: [{ first: String(first), last: String(first) }] },
  ];
}

test('a sequence that two processes were given is told', async () => {
  const path = join(await temporary(), 'db');
  const wal = await open(path);
  await wal.table({ region: 1n, table: 5n }).appendBatch([...payloads(part(1, 1)), ...payloads(part(2, 1))]);
  await wal.close();
  const findings = await judge(path, [[...acked(1, 1, 1), ...acked(2, 2, 2)], acked(1, 3, 2)]);
  expect(findings.map(({ kind }) => kind)).toEqual(['reused', 'lost']);
  expect(findings[0]).toMatchObject({ sequence: 2n, submit: 'submit 1 of run 2' });
});

test('an acknowledgement that skips sequences is a hole', async () => {
  const path = join(await temporary(), 'db');
  await plant(path, 1n, payloadOf(part(1, 1), 0));
  await plant(path, 2n, payloadOf(part(2, 1), 0));
  await plant(path, 3n, payloadOf(part(3, 1), 0));
  const findings = await judge(path, [[...acked(1, 1, 1), ...acked(2, 3, 3)]]);
  expect(findings.map(({ kind, sequence }) => [kind, sequence])).toEqual([
    ['foreign', 2n],
    ['hole', 3n],
  ]);
});

test('what an earlier check found stays found: entries, trims and the last sequence', async () => {
  const path = join(await temporary(), 'db');
  let wal = await open(path);
  const script = new Script(wal);
  await script.append([part(1, 3)]);
  await script.append([part(2, 2)]);
  await script.trim(1n);
  // In, and never answered.
  script.submit([part(3, 1)]);
  await wal.table({ region: 1n, table: 5n }).appendBatch(payloads(part(3, 1)));
  const ledger = new Ledger();
  ledger.absorb(script.records);
  const report = await checkDatabase(wal, ledger);
  expect(report).toMatchObject({ findings: [], entries: 5, kept: 5, unanswered: 1 });
  settle(ledger, report);
  assertClean(await checkDatabase(wal, ledger));
  await wal.close();

  await remove(path, 6n, 6n);
  wal = await open(path);
  const lost = await checkDatabase(wal, ledger);
  expect(lost.findings.map(({ kind }) => kind)).toEqual(['reused', 'lost']);
  expect(() => settle(ledger, lost)).toThrow(/not what its journals say[\s\S]*submit 4 of run 1/);
  await wal.close();

  await plant(path, 6n, payloadOf(part(3, 1), 0));
  await plant(path, 1n, payloadOf(part(1, 3), 0));
  wal = await open(path);
  expect((await checkDatabase(wal, ledger)).findings.map(({ kind }) => kind)).toEqual([
    'untrimmed',
    'untrimmed',
  ]);
});

test('a ledger forgets what a check found to be gone, and knows it when it comes back', async () => {
  const path = join(await temporary(), 'db');
  let wal = await open(path);
  const script = new Script(wal);
  await script.append([part(1, 1)]);
  script.submit([part(2, 1)]);
  const ledger = new Ledger();
  ledger.absorb(script.records);
  settle(ledger, await checkDatabase(wal, ledger));
  await wal.close();
  await plant(path, 2n, payloadOf(part(2, 1), 0));
  wal = await open(path);
  expect((await checkDatabase(wal, ledger)).findings.map(({ kind }) => kind)).toContain('foreign');
});

test('a drop that was never answered may have been done or not, whatever was appended afterwards', async () => {
  for (const isDone of [false, true]) {
    const path = join(await temporary(), 'db');
    const wal = await open(path);
    const script = new Script(wal);
    await script.append([part(1, 3)]);
    script.records.push({ op: 'submit', id: 99, kind: 'drop', region: '1', table: '5' });
    if (isDone) await wal.table({ region: 1n, table: 5n }).drop();
    const ledger = new Ledger();
    ledger.absorb(script.records);
    expect((await checkDatabase(wal, ledger)).findings).toEqual([]);
    const next = new Script(wal);
    await next.append([part(2, 2)]);
    ledger.absorb(next.records);
    const report = await checkDatabase(wal, ledger);
    expect(report).toMatchObject({ findings: [], entries: isDone ? 2 : 5, kept: isDone ? 2 : 5 });
    settle(ledger, report);
    assertClean(await checkDatabase(wal, ledger));
    await wal.close();
    await remove(path, 1n, 1n);
    expect((await checkDatabase(await open(path), ledger)).findings.length).toBeGreaterThan(0);
  }
});

// What went wrong: a ledger held on to everything that had ever been appended to a table that was dropped, and an hour
// of work with drops in it did not fit into the memory of the process that checks.
test('a ledger lets go of what was appended to a table that was dropped', async () => {
  const path = join(await temporary(), 'db');
  const wal = await open(path);
  const script = new Script(wal);
  await script.append([part(1, 3)]);
  await wal.table({ region: 1n, table: 5n }).drop();
  script.records.push({ op: 'submit', id: 99, kind: 'drop', region: '1', table: '5' }, { op: 'ack', id: 99 });
  const ledger = new Ledger();
  ledger.absorb(script.records);
  settle(ledger, await checkDatabase(wal, ledger));
  // A seed belongs to one part, of all that the ledger knows.
  const next = new Script(wal);
  await next.append([part(1, 1)]);
  ledger.absorb(next.records);
  assertClean(await checkDatabase(wal, ledger));
  expect(() => ledger.absorb(next.records)).toThrow('seed 1 is used by two parts');
});

test('a named table is found by its name', async () => {
  const path = join(await temporary(), 'db');
  const wal = await open(path);
  const named = { name: 'cpu', count: 2, seed: 1 };
  const { first, last } = await wal.table('cpu').appendBatch(payloads(named));
  await wal.table('other').append(payloadOf(named, 0));
  const ledger = new Ledger();
  ledger.absorb([
    { op: 'submit', id: 1, kind: 'append', parts: [named], durability: 'sync' },
    { op: 'ack', id: 1, parts: [{ first: String(first), last: String(last) }] },
  ]);
  expect((await checkDatabase(wal, ledger)).findings).toMatchObject([{ kind: 'foreign', table: '"other"' }]);
});

test.each<[string, JournalRecord[], RegExp]>([
  ['an answer without a submit', [{ op: 'ack', id: 1 }], /answer without a submit/],
  ['a seed that is used twice', [...acked(1, 1, 1), ...acked(2, 1, 2)], /seed 1 is used by two parts/],
  [
    'a table id in two regions',
    [
      ...acked(1, 1, 1),
      {
        op: 'submit',
        id: 2,
        kind: 'append',
        parts: [{ region: '2', table: '5', count: 1, seed: 9 }],
        durability: 'os',
      },
    ],
    /table 5 is used in regions 1 and 2/,
  ],
  [
    'an acknowledgement with another count',
    [
      { op: 'submit', id: 1, kind: 'append', parts: [part(1, 3)], durability: 'os' },
      { op: 'ack', id: 1, parts: [{ first: '1', last: '2' }] },
    ],
    /another count/,
  ],
])('a journal with %s is refused', (_, records, message) => {
  expect(() => new Ledger().absorb(records)).toThrow(message);
});

import { join } from 'node:path';
import {
  checkDatabase,
  type JournalRecord,
  Ledger,
  readJournal,
  type WorkloadOptions,
  WorkloadProcess,
} from '@shale/fault-kit';
import { afterEach, expect, test } from 'vitest';
import { open, temporary } from './support.js';

const processes: WorkloadProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map((workload) => workload.kill()));
});

async function start(
  options: Partial<WorkloadOptions> = {},
): Promise<{ workload: WorkloadProcess; path: string; journal: () => JournalRecord[] }> {
  const directory = await temporary();
  const path = join(directory, 'db');
  const journal = join(directory, 'journal');
  const workload = new WorkloadProcess({ path, journal, run: 1, wal: { shards: 1 }, ...options });
  processes.push(workload);
  return { workload, path, journal: () => readJournal(journal) };
}

/** What the seed decides: everything but where trims end, which depends on what has been answered. */
function decisions(records: readonly JournalRecord[]): unknown[] {
  return records.flatMap((record) => (record.op === 'submit' ? [{ ...record, upTo: undefined }] : []));
}

test('a workload does as many operations as it was told, and journals each submit and its answer', async () => {
  const { workload, path, journal } = await start({ operations: 200, mix: { read: 0 } });
  expect(await workload.ended).toMatchObject({ code: 0, failure: null, stderr: '' });
  const records = journal();
  const submits = records.filter(({ op }) => op === 'submit');
  // And an open and a close.
  expect(submits).toHaveLength(202);
  expect(records.filter(({ op }) => op === 'ack')).toHaveLength(202);
  expect(new Set(submits.map((record) => (record.op === 'submit' ? record.kind : '')))).toEqual(
    new Set(['open', 'append', 'trim', 'sync', 'close']),
  );
  const ledger = new Ledger();
  ledger.absorb(records);
  const report = await checkDatabase(await open(path), ledger);
  expect(report.findings).toEqual([]);
  expect(report.entries).toBeGreaterThan(100);
});

test('a workload that follows its tables journals what it was given', async () => {
  const { workload, journal } = await start({
    operations: 300,
    follow: true,
    syncShare: 1,
    mix: { trim: 0 },
  });
  expect(await workload.ended).toMatchObject({ code: 0, failure: null, stderr: '' });
  const last = new Map<string, bigint>();
  for (const record of journal()) {
    if (record.op !== 'seen') continue;
    const table = `${record.region}/${record.table}/${record.name}`;
    expect(BigInt(record.upTo)).toBeGreaterThan(last.get(table) ?? 0n);
    last.set(table, BigInt(record.upTo));
  }
  expect(last.size).toBeGreaterThan(5);
});

test('tables are dropped and maintained in between, and what is left is as journaled', async () => {
  const mix = { drop: 6, maintain: 6, trim: 20 };
  const { workload, path, journal } = await start({ operations: 300, mix, named: 3, inFlight: 16 });
  expect(await workload.ended).toMatchObject({ code: 0, failure: null });
  const records = journal();
  expect(records.filter((record) => record.op === 'submit' && record.kind === 'drop').length).toBeGreaterThan(
    3,
  );
  const ledger = new Ledger();
  ledger.absorb(records);
  expect((await checkDatabase(await open(path), ledger)).findings).toEqual([]);
});

test('the same seed decides the same, another one differently', async () => {
  const journals = [];
  for (const seed of [1, 1, 2]) {
    const { workload, journal } = await start({ operations: 100, seed, inFlight: 1 });
    await workload.ended;
    journals.push(decisions(journal()));
  }
  expect(journals[1]).toEqual(journals[0]);
  expect(journals[2]).not.toEqual(journals[0]);
});

test('a killed workload leaves the submits that were not answered', async () => {
  const { workload, journal } = await start({ inFlight: 100 });
  await workload.opened;
  expect((await workload.stats())?.workersStarted).toBe(1);
  expect(await workload.kill()).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(workload.isAlive).toBe(false);
  const records = journal();
  const count = (op: string): number => records.filter((record) => record.op === op).length;
  expect(count('submit')).toBeGreaterThan(count('ack'));
  await expect(workload.stats()).resolves.toBeNull();
});

test('a workload that cannot open its database says why', async () => {
  const { workload } = await start({ path: '/dev/null/db' });
  await expect(workload.opened).rejects.toThrow(/before it was opened/);
  const { code, failure } = await workload.ended;
  expect(code).toBe(1);
  expect(failure).toMatch(/SHALE_|WalError|\/dev\/null/);
});

test('ending a thread is noted as a fault before it happens, and the workload goes on', async () => {
  const { workload, journal } = await start({ inFlight: 1000, giveUpAfter: 1 });
  await workload.opened;
  // Until one had something under way.
  while ((await workload.stats())?.rejected === 0) workload.command({ do: 'endThread', pick: 0 });
  const before = await workload.stats();
  while (((await workload.stats())?.acknowledged ?? 0) < (before?.acknowledged ?? 0) + 2000) {
    expect(workload.isAlive).toBe(true);
  }
  workload.stop();
  expect(await workload.ended).toMatchObject({ code: 0, failure: null });
  expect(journal()).toContainEqual({ op: 'fault', kind: 'a thread is ended' });
});

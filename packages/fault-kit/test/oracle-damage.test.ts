// The oracle must complain about each kind of damage done to a real database, and name the place.
import { join } from 'node:path';
import type { Finding, PartRecord } from '@shale/fault-kit';
import { payloadOf } from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { plant, remove, removeFloor } from './damage.js';
import { judge, open, part, Script, temporary } from './support.js';

/** A database with three appends of table 5: sequences 1, 2 to 5 and 6, and one of table 6 with the second. */
async function written(more: (script: Script) => Promise<void> = async () => {}): Promise<{
  path: string;
  script: Script;
  second: PartRecord;
}> {
  const path = join(await temporary(), 'db');
  const wal = await open(path);
  const script = new Script(wal);
  const second = part(102, 4);
  await script.append([part(101, 1)]);
  await script.append([second, part(103, 2, 6)]);
  await script.append([part(104, 1)], 'os');
  await more(script);
  await wal.close();
  return { path, script, second };
}

function kinds(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ kind }) => kind))].sort();
}

test('a database as its journal says has no findings, whatever died', async () => {
  const { path, script } = await written(async (more) => {
    await more.trim(3n);
    await more.append([part(105, 3)]);
    await more.trim(100n, 6);
  });
  expect(await judge(path, [script.records])).toEqual([]);
  expect(await judge(path, [script.records], 'power')).toEqual([]);
});

test('an acknowledged entry that is missing at the end is lost, and named', async () => {
  const { path, script } = await written();
  await remove(path, 6n, 6n);
  expect(await judge(path, [script.records])).toEqual([
    {
      kind: 'lost',
      table: '1/5',
      sequence: 6n,
      submit: 'submit 3 of run 1',
      expected: 'entry 0 of 1 of submit 3 of run 1',
      found: 'a last sequence of 5',
    },
  ]);
});

test("after a power loss an acknowledgement with 'os' may be gone, until a sync makes it durable", async () => {
  const lost = await written();
  await remove(lost.path, 6n, 6n);
  expect(await judge(lost.path, [lost.script.records], 'power')).toEqual([]);
  const synced = await written((script) => script.sync());
  await remove(synced.path, 6n, 6n);
  expect(kinds(await judge(synced.path, [synced.script.records], 'power'))).toEqual(['lost']);
});

test('what a durable follower was given must be there after a power loss', async () => {
  const given = async (upTo: bigint) => {
    const { path, script } = await written();
    await remove(path, 6n, 6n);
    const seen = { op: 'seen', region: '1', table: '5', upTo: String(upTo) } as const;
    return kinds(await judge(path, [[...script.records, seen]], 'power'));
  };
  expect(await given(5n)).toEqual([]);
  expect(await given(6n)).toEqual(['lost']);
});

test('what is lost must be lost from the end, also after a power loss', async () => {
  const { path, script } = await written(async (more) => {
    await more.append([part(105, 1)], 'os');
    await more.append([part(106, 1)], 'os');
  });
  // Entry 7 is gone, and 8 has taken its place.
  await remove(path, 7n, 8n);
  await plant(path, 7n, payloadOf(part(106, 1), 0));
  expect(kinds(await judge(path, [script.records], 'power'))).toEqual(['hole', 'moved']);
});

test('an entry that is missing from the middle is a hole', async () => {
  const { path, script } = await written();
  await remove(path, 3n, 3n);
  const findings = await judge(path, [script.records]);
  expect(kinds(findings)).toContain('hole');
  expect(findings[0]).toMatchObject({ table: '1/5', sequence: 4n, expected: 'sequence 3' });
});

test('an entry with one other bit is changed', async () => {
  const { path, script, second } = await written();
  const payload = payloadOf(second, 1);
  payload[payload.length - 1] = (payload.at(-1) ?? 0) ^ 1;
  await plant(path, 3n, payload);
  expect(await judge(path, [script.records])).toMatchObject([
    {
      kind: 'changed',
      table: '1/5',
      sequence: 3n,
      submit: 'submit 2 of run 1',
      found: expect.stringContaining(`differ from byte ${payload.length - 1} on`),
    },
  ]);
});

test('an entry that nobody submitted is foreign, in a known table or in another one', async () => {
  const { path, script } = await written();
  await plant(path, 7n, new Uint8Array(40));
  await plant(path, 1n, new Uint8Array(3), 77);
  const findings = await judge(path, [script.records]);
  expect(kinds(findings)).toEqual(['foreign']);
  expect(findings.map(({ table }) => table)).toEqual(expect.arrayContaining(['1/5', '1/77']));
});

test('an entry of another table is foreign', async () => {
  const { path, script } = await written();
  await plant(path, 7n, payloadOf(part(103, 2, 6), 0));
  expect(kinds(await judge(path, [script.records]))).toEqual(['foreign']);
});

test('two entries that have changed places are moved', async () => {
  const { path, script } = await written();
  await plant(path, 1n, payloadOf(part(104, 1), 0));
  await plant(path, 6n, payloadOf(part(101, 1), 0));
  expect(kinds(await judge(path, [script.records]))).toContain('moved');
});

test('half of a batch that nobody acknowledged is split', async () => {
  const { path, script } = await written();
  script.submit([part(105, 3)]);
  await plant(path, 7n, payloadOf(part(105, 3), 0));
  await plant(path, 8n, payloadOf(part(105, 3), 1));
  expect(await judge(path, [script.records])).toMatchObject([
    { kind: 'split', table: '1/5', sequence: 9n, submit: 'submit 4 of run 1' },
  ]);
  await plant(path, 9n, payloadOf(part(105, 3), 2));
  expect(await judge(path, [script.records])).toEqual([]);
});

test('a batch without its middle is split', async () => {
  const { path, script } = await written();
  script.submit([part(105, 3)]);
  await plant(path, 7n, payloadOf(part(105, 3), 0));
  await plant(path, 8n, payloadOf(part(105, 3), 2));
  expect(kinds(await judge(path, [script.records]))).toContain('split');
});

test('an atomic write that is in one of its tables only is split', async () => {
  const { path, script } = await written();
  script.submit([part(105, 1), part(106, 1, 6)]);
  expect(await judge(path, [script.records])).toEqual([]);
  await plant(path, 7n, payloadOf(part(105, 1), 0));
  expect(await judge(path, [script.records])).toMatchObject([
    { kind: 'split', table: '1/6', submit: 'submit 4 of run 1' },
  ]);
  await plant(path, 3n, payloadOf(part(106, 1, 6), 0), 6);
  expect(await judge(path, [script.records])).toEqual([]);
});

test('an append that was rejected as not written must not be in; one of unknown outcome may be', async () => {
  for (const [code, expected] of [
    ['SHALE_SEQUENCE_MISMATCH', ['foreign', 'refused']],
    ['SHALE_OUTCOME_UNKNOWN', []],
  ] as const) {
    const { path, script } = await written();
    const id = script.submit([part(105, 1)]);
    script.records.push({ op: 'nack', id, code });
    await plant(path, 7n, payloadOf(part(105, 1), 0));
    expect(kinds(await judge(path, [script.records]))).toEqual(expected);
  }
});

test('an unanswered append that was overtaken is a hole, unless a thread was ended', async () => {
  const { path, script } = await written();
  script.submit([part(105, 1)]);
  script.submit([part(106, 1)]);
  await plant(path, 7n, payloadOf(part(106, 1), 0));
  expect(await judge(path, [script.records])).toMatchObject([{ kind: 'hole', submit: 'submit 4 of run 1' }]);
  expect(await judge(path, [[...script.records, { op: 'fault', kind: 'a thread is ended' }]])).toEqual([]);
});

test('a trim that was undone is told, by one entry or by all', async () => {
  const { path, script, second } = await written((more) => more.trim(3n));
  await plant(path, 3n, payloadOf(second, 1));
  expect(await judge(path, [script.records])).toMatchObject([
    { kind: 'untrimmed', table: '1/5', sequence: 3n },
    { kind: 'untrimmed', table: '1/5', found: 'first sequence 3' },
  ]);
});

test('entries that no trim reaches must not be gone', async () => {
  const { path, script } = await written((more) => more.trim(1n));
  await remove(path, 2n, 3n);
  expect(kinds(await judge(path, [script.records]))).toEqual(['overtrimmed']);
});

test('a trim does not reach what was appended after it', async () => {
  const { path, script } = await written(async (more) => {
    await more.trim(2n ** 64n - 1n);
    await more.append([part(105, 2)]);
    await more.append([part(106, 1)]);
  });
  expect(await judge(path, [script.records])).toEqual([]);
  await remove(path, 7n, 7n);
  expect(await judge(path, [script.records])).toMatchObject([
    { kind: 'overtrimmed', sequence: 7n, submit: 'submit 5 of run 1' },
  ]);
});

test('a table that forgets its last sequence would give it out again', async () => {
  const { path, script } = await written((more) => more.trim(6n));
  await removeFloor(path);
  expect(await judge(path, [script.records])).toMatchObject([
    { kind: 'reused', table: '1/5', found: expect.stringContaining('0: the next append') },
    { kind: 'lost', sequence: 1n },
    { kind: 'lost', sequence: 2n },
    { kind: 'lost', sequence: 6n },
    { kind: 'split', submit: 'submit 2 of run 1' },
  ]);
});

test('a dropped table is as never written, and its entries must not come back', async () => {
  const { path, script, second } = await written(async (more) => {
    await more.drop();
    await more.append([part(105, 1)]);
  });
  expect(await judge(path, [script.records])).toEqual([]);
  await plant(path, 2n, payloadOf(second, 0));
  expect(kinds(await judge(path, [script.records]))).toEqual(['foreign']);
});

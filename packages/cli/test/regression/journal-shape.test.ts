/*
 * A journal's records were believed to be what this version writes. One that another program, or another version, had
 * put into the journal's table ended a resumed ingest with "Cannot read properties of undefined" or another stray
 * TypeError, RangeError or SyntaxError, or with counts that were no numbers. Found by fuzzing.
 */
import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { msgpackCodec } from '@shale/codec';
import { openWal, type Wal } from '@shale/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryOfFile } from '../../../../test/support/temporary.js';
import { Journal, journalTableName } from '../../dist/ingest/journal.js';
import { linesOf, shale } from '../support/shale.js';

const directory = temporaryOfFile('journal');
let wal: Wal;
let journals = 0;

beforeAll(async () => {
  wal = await openWal(directory, { shards: 1, durability: 'os' });
});

afterAll(async () => {
  await wal.close();
});

const options = { format: 'lines', raw: false, delimiter: ',', lossless: false, table: 't', maxLineBytes: 9 };
const start = {
  kind: 'start',
  version: 1,
  name: 'x',
  source: 'file',
  startedAt: 1,
  options,
  rejectFile: 'r',
};
const progress = { line: 1, offset: 2, entries: 1, entryBytes: 1, empty: 0, rejected: 0, rejectBytes: 0 };
const tables = { kind: 'tables', from: 0, names: ['a'], bases: [0n] };
const fingerprint = { head: 'h', tail: 't' };
const checkpoint = { kind: 'checkpoint', progress, fingerprint, moved: [0, 1], state: 'running' };

function load(...records: readonly unknown[]): Promise<unknown> {
  const name = String(journals++);
  const table = wal.table(journalTableName(name), { codec: msgpackCodec<unknown>() });
  return table.appendBatch(records).then(() => new Journal(wal, name).load());
}

test('records as this version writes them are taken', async () => {
  expect(await load(start, tables, checkpoint)).toMatchObject({
    tables: [{ name: 'a', base: 0n, count: 1 }],
    checkpoint,
  });
});

test.each([
  ['nothing', null],
  ['a number', 7],
  ['a list', [start]],
  ['an unknown kind', { kind: 'end' }],
  ['a start of another version', { ...start, version: 3 }],
  ['a start whose lines end in an unknown way', { ...start, options: { ...start.options, lineEnd: 'nel' } }],
  ['a start in an unknown encoding', { ...start, options: { ...start.options, encoding: 'utf-7' } }],
  ['a start without options', { ...start, options: undefined }],
  ['tables without bases', { ...tables, bases: undefined }],
  ['tables with a base that is no sequence', { ...tables, bases: [0.5] }],
  ['tables with fewer bases than names', { ...tables, bases: [] }],
  ['a checkpoint without what moved', { ...checkpoint, moved: undefined }],
  ['a checkpoint with a count that is no number', { ...checkpoint, moved: [0, 'many'] }],
  ['a checkpoint without progress', { ...checkpoint, progress: undefined }],
  ['a checkpoint with a progress that goes back', { ...checkpoint, progress: { ...progress, line: -1 } }],
])('%s in the journal is SHALE_CORRUPT, with what to do', async (_, record) => {
  await expect(load(start, tables, record)).rejects.toMatchObject({
    name: 'WalError',
    code: 'SHALE_CORRUPT',
    message: expect.stringContaining('--restart'),
  });
});

test('ingest says so, and --restart begins anew as it says', async () => {
  const log = join(directory, 'log');
  const input = join(directory, 'x');
  await writeFile(input, 'a\nb\n');
  const other = await openWal(log, { shards: 1 });
  await other
    .table(journalTableName(await realpath(input)), { codec: msgpackCodec<unknown>() })
    .append({ kind: 'end' });
  await other.close();
  const refused = await shale(['ingest', log, input, '--format', 'lines', '--table', 't']);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('SHALE_CORRUPT');
  const begun = await shale(['ingest', log, input, '--format', 'lines', '--table', 't', '--restart']);
  expect(begun.code, begun.stderr).toBe(0);
  expect(await linesOf(log, 't')).toEqual(['a', 'b']);
});

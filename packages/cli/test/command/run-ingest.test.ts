import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openWal, type Wal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { type IngestOptions, runIngest } from '../../dist/ingest/ingest.js';
import { Journal } from '../../dist/ingest/journal.js';
import type { JournalState } from '../../dist/ingest/journal-records.js';
import { scratch, until } from '../support/shale.js';

const dir = scratch();
const LINES = { raw: false, delimiter: ',', lossless: false, maxLineBytes: 1000 } as const;

function prepare(
  wal: Wal,
  journal: Journal,
  stream: PassThrough,
  more: Partial<IngestOptions> = {},
): IngestOptions {
  return {
    wal,
    journal,
    source: { kind: 'stream', name: '-', stream },
    name: 'in',
    options: { ...LINES, format: 'lines', table: 't' },
    durability: 'sync',
    rejects: { path: join(dir, 'rejects'), taken: 'number' },
    from: undefined,
    signal: new AbortController().signal,
    inPipe: (program) => program,
    onNote: () => {},
    onReading: () => {},
    onReject: () => {},
    onStart: () => {},
    ...more,
  };
}

describe('an ingest in a program', () => {
  it('fails when something else writes to its table meanwhile, and appends nothing after it', async () => {
    const wal = await openWal(join(dir, 'disturbed'));
    const stream = new PassThrough();
    const running = runIngest(prepare(wal, new Journal(wal, 'in'), stream));
    const table = wal.table('t');
    stream.write('1\n2\n');
    await until(async () => (await table.lastSequence()) === 2n, 'two lines');
    await table.append(Buffer.from('not a line'));
    stream.end('3\n4\n');
    const result = await running;
    expect(result.outcome).toBe('failed');
    expect(result.error).toMatchObject({
      code: 'SHALE_SEQUENCE_MISMATCH',
      message: expect.stringContaining('something else wrote to table t'),
    });
    expect(result.durable.line).toBe(2);
    expect(await table.lastSequence()).toBe(3n);
    await wal.close();
  });

  it('steps over exactly the lines that are in beyond the checkpoint, table by table', async () => {
    const wal = await openWal(join(dir, 'ahead'));
    const options = { ...LINES, format: 'ndjson', tableBy: 'h' } as const;
    const journal = new Journal(wal, 'first');
    const stream = new PassThrough();
    const first = runIngest(prepare(wal, journal, stream, { options }));
    const line = (i: number) => `{"h":"${i % 3 === 0 ? 'a' : 'b'}","i":${i}}`;
    const tables = [wal.table('a'), wal.table('b')];
    const written = async () =>
      Number((await tables[0]?.lastSequence()) ?? 0n) + Number((await tables[1]?.lastSequence()) ?? 0n);
    let lines = 0;
    let from: JournalState | undefined;
    // What a kill would leave between two checkpoints.
    await until(async () => {
      lines += 1;
      stream.write(`${line(lines)}\n`);
      await until(async () => (await written()) === lines, `line ${lines}`);
      from = await journal.load();
      return lines > 10 && from?.checkpoint !== undefined && lines - from.checkpoint.progress.line > 4;
    }, 'lines beyond a checkpoint');
    const again = new PassThrough();
    again.end(`${Array.from({ length: lines + 5 }, (_, i) => line(i + 1)).join('\n')}\n`);
    const result = await runIngest(prepare(wal, new Journal(wal, 'second'), again, { options, from }));
    expect(result).toMatchObject({
      outcome: 'complete',
      steppedOver: lines - (from?.checkpoint?.progress.line ?? 0),
    });
    const all: string[] = [];
    for (const table of tables)
      for await (const { payload } of table.read()) all.push(Buffer.from(payload).toString());
    const expected = Array.from({ length: lines + 5 }, (_, i) => line(i + 1));
    expect(all).toEqual([
      ...expected.filter((text) => text.includes('"a"')),
      ...expected.filter((text) => text.includes('"b"')),
    ]);
    stream.end();
    await first;
    await wal.close();
  });

  it('keeps its journal small however long it runs', async () => {
    const wal = await openWal(join(dir, 'long'));
    const stream = new PassThrough();
    const journal = new Journal(wal, 'in', { snapshotBytes: 600 });
    const running = runIngest(
      prepare(wal, journal, stream, {
        options: { ...LINES, format: 'ndjson', tableBy: 'h' },
      }),
    );
    const records = async () => {
      const state = await journal.load();
      return state?.checkpoint?.progress.line ?? 0;
    };
    for (let i = 1; i <= 6; i += 1) {
      stream.write(`{"h":"a"}\n{"h":"table ${i}"}\n`);
      await until(async () => (await records()) === i * 2, `line ${i * 2} in the journal`);
      // What the journal adds up to never depends on snapshots.
      expect((await journal.load())?.tables).toEqual(
        [
          { name: 'a', base: 0n, count: i },
          ...Array.from({ length: i }, (_, n) => ({ name: `table ${n + 1}`, base: 0n, count: 1 })),
        ].sort((one, other) => order(one.name) - order(other.name)),
      );
    }
    for await (const { name, entries } of wal.tables()) {
      if (name?.startsWith('.ingest/')) expect(entries).toBeLessThan(10n);
    }
    stream.end();
    expect((await running).outcome).toBe('complete');
    expect(await journal.load()).toMatchObject({
      tables: [],
      checkpoint: { state: 'complete', progress: { line: 12 } },
    });
    await wal.close();
  });
});

/** Tables in the order in which they were met. */
function order(name: string): number {
  return name === 'a' ? 0 : Number(name.slice(6));
}

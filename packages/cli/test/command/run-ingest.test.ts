import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openWal, type Wal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { type IngestOptions, runIngest } from '../../dist/ingest/ingest.js';
import { Journal } from '../../dist/ingest/journal.js';
import { scratch, until } from '../support/shale.js';

const dir = scratch();

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
    options: { format: 'lines', table: 't', raw: false, delimiter: ',', lossless: false, maxLineBytes: 1000 },
    durability: 'sync',
    rejectFile: join(dir, 'rejects'),
    from: undefined,
    signal: new AbortController().signal,
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

  it('keeps its journal small however long it runs', async () => {
    const wal = await openWal(join(dir, 'long'));
    const stream = new PassThrough();
    const journal = new Journal(wal, 'in', { snapshotBytes: 600 });
    const running = runIngest(
      prepare(wal, journal, stream, {
        options: {
          format: 'ndjson',
          tableBy: 'h',
          raw: false,
          delimiter: ',',
          lossless: false,
          maxLineBytes: 1000,
        },
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

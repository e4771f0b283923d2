/*
 * What a killed ingest wrote stayed in doubt only until the next run ended, in whatever way: stopped, or at the end of
 * an input that was too short, that run said that everything was settled, and the one after it took the tables' ends
 * for their beginnings and appended lines that were in. `npm run attack -- ingest-resume` does such things in random
 * order.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openWal, type Wal } from '@shale/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IngestOptions, type IngestResult, runIngest } from '../../dist/ingest/ingest.js';
import { Journal } from '../../dist/ingest/journal.js';
import type { JournaledOptions, JournalState, StartRecord } from '../../dist/ingest/journal-records.js';
import { scratch, until } from '../support/shale.js';

const dir = scratch();
const OPTIONS: JournaledOptions = {
  format: 'ndjson',
  tableBy: 'h',
  raw: false,
  delimiter: ',',
  lossless: false,
  maxLineBytes: 1000,
};
let wal: Wal;
let made = 0;

beforeAll(async () => {
  wal = await openWal(join(dir, 'log'), { shards: 1 });
});
afterAll(() => wal.close());

/** Line `i` of an input whose lines go to two tables in turn. */
const line = (run: number, i: number) => `{"h":"${i % 2 === 0 ? 'a' : 'b'}${run}","i":${i}}`;
const lines = (run: number, to: number) => Array.from({ length: to }, (_, i) => `${line(run, i)}\n`).join('');

class Killed {
  readonly run = ++made;
  readonly name = `in${this.run}`;

  /** An ingest that was killed before its first checkpoint, with the first `count` lines in. */
  static async after(count: number): Promise<Killed> {
    const killed = new Killed();
    const { run, name } = killed;
    const start: StartRecord = {
      kind: 'start',
      version: 1,
      name,
      source: 'stream',
      startedAt: 1,
      options: OPTIONS,
      rejectFile: join(dir, name),
      rejectId: name,
    };
    const tables = [`a${run}`, `b${run}`].map((table) => ({ name: table, base: 0n }));
    await new Journal(wal, name).begin(start, tables);
    for (let i = 0; i < count; i += 1)
      await wal.table(`${i % 2 === 0 ? 'a' : 'b'}${run}`).append(Buffer.from(line(run, i)));
    return killed;
  }

  async state(): Promise<JournalState | undefined> {
    return new Journal(wal, this.name).load();
  }

  async resume(stream: PassThrough, more: Partial<IngestOptions> = {}): Promise<IngestResult> {
    return runIngest({
      inPipe: (program) => program,
      wal,
      journal: new Journal(wal, this.name),
      source: { kind: 'stream', name: '-', stream },
      name: this.name,
      options: OPTIONS,
      durability: 'sync',
      rejects: { path: join(dir, this.name), taken: 'number' },
      from: await this.state(),
      signal: new AbortController().signal,
      onNote: () => {},
      onReading: () => {},
      onReject: () => {},
      onStart: () => {},
      ...more,
    });
  }

  async resumeWith(text: string): Promise<IngestResult> {
    const stream = new PassThrough();
    stream.end(text);
    return this.resume(stream);
  }

  /** All entries, as the input has them. */
  async taken(): Promise<string> {
    const tables: string[][] = [];
    for (const name of ['a', 'b']) {
      const entries: string[] = [];
      for await (const { payload } of wal.table(name + this.run).read())
        entries.push(`${Buffer.from(payload)}\n`);
      tables.push(entries);
    }
    const [even = [], odd = []] = tables;
    return even.map((entry, i) => entry + (odd[i] ?? '')).join('');
  }
}

describe('what a killed ingest wrote', () => {
  it('stays in doubt when the input of the next run ends before it', async () => {
    const killed = await Killed.after(10);
    const short = await killed.resumeWith(lines(killed.run, 3));
    expect(short).toMatchObject({
      outcome: 'failed',
      error: { code: 'CLI_INPUT_CHANGED' },
      durable: { line: 3 },
    });
    expect(await killed.state()).toMatchObject({
      tables: [
        { name: `a${killed.run}`, base: 0n, count: 2 },
        { name: `b${killed.run}`, base: 0n, count: 1 },
      ],
      checkpoint: { state: 'running', progress: { line: 3 } },
    });
    expect(await killed.resumeWith(lines(killed.run, 12))).toMatchObject({
      outcome: 'complete',
      steppedOver: 7,
    });
    expect(await killed.taken()).toBe(lines(killed.run, 12));
  });

  it('stays in doubt when the next run is stopped before it has seen all of it', async () => {
    const killed = await Killed.after(10);
    const [stream, stop] = [new PassThrough(), new AbortController()];
    let line = () => 0;
    const running = killed.resume(stream, {
      signal: stop.signal,
      onStart: (view) => {
        line = () => view().durable.line;
      },
    });
    // The lines of table a alone are all there: it is settled, and b is not.
    stream.write(lines(killed.run, 9));
    await until(() => line() === 9, 'nine lines');
    stop.abort();
    expect(await running).toMatchObject({ outcome: 'stopped', steppedOver: 9 });
    expect(await killed.state()).toMatchObject({
      tables: [{ name: `b${killed.run}`, base: 0n, count: 4 }],
      checkpoint: { state: 'running' },
    });
    await killed.resumeWith(lines(killed.run, 13));
    expect(await killed.taken()).toBe(lines(killed.run, 13));
    expect(await killed.state()).toMatchObject({ tables: [], checkpoint: { state: 'complete' } });
  });

  it('is not mistaken when the input breaks off in the middle of a line', async () => {
    const killed = await Killed.after(10);
    const text = lines(killed.run, 10);
    const short = await killed.resumeWith(text.slice(0, -40));
    expect(short).toMatchObject({ outcome: 'failed', error: { code: 'CLI_INPUT_CHANGED' } });
    // The half line is neither an entry nor a reject, and the position is before it.
    expect((await killed.state())?.checkpoint?.progress).toMatchObject({ line: 7, rejected: 0 });
    expect(await killed.resumeWith(text.slice(0, -1))).toMatchObject({
      outcome: 'complete',
      durable: { line: 10 },
    });
    expect(await killed.taken()).toBe(text);
  });
});

describe('an ingest that goes on', () => {
  it('leaves its journal alone when it is stopped on the way to its position', async () => {
    const ingest = await Killed.after(0);
    await ingest.resumeWith(lines(ingest.run, 400));
    const before = await ingest.state();
    const [stream, stop] = [new PassThrough(), new AbortController()];
    stream.write(lines(ingest.run, 100));
    const running = ingest.resume(stream, { signal: stop.signal });
    await until(() => stream.readableLength === 0, 'a hundred lines');
    stop.abort();
    expect(await running).toMatchObject({ outcome: 'stopped', durable: { line: 400 } });
    expect(await ingest.state()).toEqual(before);
    await ingest.resumeWith(lines(ingest.run, 401));
    expect(await ingest.taken()).toBe(lines(ingest.run, 401));
  });

  it('does not take a line of a pipe that has grown for a new one', async () => {
    const ingest = await Killed.after(0);
    await ingest.resumeWith(lines(ingest.run, 4).slice(0, -1));
    await expect(ingest.resumeWith(`${lines(ingest.run, 4).slice(0, -1)}!\n`)).rejects.toMatchObject({
      code: 'CLI_INPUT_CHANGED',
    });
    expect(await ingest.resumeWith(lines(ingest.run, 4).slice(0, -1))).toMatchObject({ outcome: 'complete' });
    expect(await ingest.taken()).toBe(lines(ingest.run, 4));
  });

  it('does not take half a line when a Ctrl-C has ended the program that writes it, too', async () => {
    const ingest = await Killed.after(0);
    const [stream, stop] = [new PassThrough(), new AbortController()];
    const running = ingest.resume(stream, {
      signal: stop.signal,
      onStart: () => {
        setImmediate(() => stop.abort());
        stream.end(lines(ingest.run, 4).slice(0, -5));
      },
    });
    expect(await running).toMatchObject({ outcome: 'stopped', durable: { line: 3, rejected: 0 } });
    await ingest.resumeWith(lines(ingest.run, 4));
    expect(await ingest.taken()).toBe(lines(ingest.run, 4));
  });

  it('keeps the rejects of a last checkpoint of which it is not known whether it was written', async () => {
    class Unanswered extends Journal {
      override async end(...last: Parameters<Journal['end']>): Promise<void> {
        await super.end(...last);
        throw new Error('no answer');
      }
    }
    const ingest = await Killed.after(0);
    const stream = new PassThrough();
    stream.end('bad\n');
    const journal = new Unanswered(wal, ingest.name);
    expect(await ingest.resume(stream, { journal })).toMatchObject({
      outcome: 'failed',
      error: { message: 'no answer' },
    });
    const { rejectFile } = await ingest.resumeWith('bad\nworse\n');
    const kept = readFileSync(rejectFile, 'utf8').trim().split('\n');
    expect(kept.map((text) => (JSON.parse(text) as { text: string }).text)).toEqual(['bad', 'worse']);
  });
});

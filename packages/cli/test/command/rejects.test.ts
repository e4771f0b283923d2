/*
 * Two inputs of the same base name shared a reject file, and resuming the first emptied the second's; a link was
 * followed; a moved reject file refused every later resume; a second Ctrl-C left half a JSON line; and whatever path a
 * journal named was cut.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { msgpackCodec } from '@shale/codec';
import { openWal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { Journal, journalTableName } from '../../dist/ingest/journal.js';
import type { JournalRecord } from '../../dist/ingest/journal-records.js';
import { RejectFile } from '../../dist/ingest/reject-file.js';
import { besideDirectory, numbered } from '../../dist/ingest/reject-path.js';
import { scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
let made = 0;
function fresh(): { data: string; log: string } {
  const folder = join(dir, String(made++));
  mkdirSync(folder);
  return { data: join(folder, 'data'), log: folder };
}
const NDJSON = ['--format', 'ndjson', '--table', 't'] as const;
const numbersIn = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((text) => (JSON.parse(text) as { line: number }).line);
const reject = (line: number, text = 'bad') => ({
  line,
  offset: line,
  reason: 'not-json' as const,
  message: 'no',
  bytes: Buffer.from(text),
});

/** Ingests from a pipe, up to these lines, and is stopped. */
async function stopped(data: string, text: string, args: readonly string[]): Promise<void> {
  const running = start(['ingest', data, '-', ...args]);
  running.child.stdin?.write(text);
  await until(() => running.stderr.includes('rejected:'), 'a rejected line');
  running.child.kill('SIGTERM');
  await running.ended;
}

describe('the reject file', () => {
  it('of two inputs with the same name is not the same', async () => {
    const { data, log } = fresh();
    for (const folder of ['one', 'two']) {
      mkdirSync(join(log, folder));
      writeFileSync(join(log, folder, 'x.ndjson'), '{}\n');
    }
    // Both have run before either of them rejects anything.
    const inputs = ['one', 'two'].map((folder) => join(log, folder, 'x.ndjson'));
    for (const input of inputs) await shale(['ingest', data, input, ...NDJSON]);
    const files: string[] = [];
    for (const [i, input] of inputs.entries()) {
      writeFileSync(input, `{}\n${'{}\n'.repeat(i)}bad\n`);
      const { stdout } = await shale(['ingest', data, input, '--resume', '--json']);
      files.push((JSON.parse(stdout) as { rejectFile: string }).rejectFile);
    }
    writeFileSync(inputs[0] ?? '', '{}\nbad\nbad\n');
    await shale(['ingest', data, inputs[0] ?? '', '--resume']);
    expect(files.map(numbersIn)).toEqual([[2, 3], [3]]);
  });

  it('is not one that is there already, whatever it is', async () => {
    const { data, log } = fresh();
    const place = besideDirectory(data, 'stdin');
    const [target, gone, mine] = [join(log, 'target'), join(log, 'gone'), numbered(place.path, 3)];
    writeFileSync(target, '');
    symlinkSync(target, place.path);
    symlinkSync(gone, numbered(place.path, 2));
    writeFileSync(mine, '');
    const { stdout } = await shale(['ingest', data, '-', ...NDJSON, '--json'], { input: 'bad\n' });
    expect(JSON.parse(stdout)).toMatchObject({ rejectFile: numbered(place.path, 4) });
    expect([readFileSync(target, 'utf8'), existsSync(gone), readFileSync(mine, 'utf8')]).toEqual([
      '',
      false,
      '',
    ]);
    const named = await shale(['ingest', data, '-', ...NDJSON, '--rejects', mine], { input: 'bad\n' });
    expect([named.code, named.stderr.includes('is there already')]).toEqual([2, true]);
  });

  it('that was moved away is no reason not to go on', async () => {
    const { data } = fresh();
    await stopped(data, '{}\nbad\n', [...NDJSON, '--name', 'n']);
    const { path } = besideDirectory(data, 'n');
    expect(numbersIn(path)).toEqual([2]);
    renameSync(path, `${path}.seen`);
    const input = '{}\nbad\nworse\n';
    const resumed = await shale(['ingest', data, '-', '--name', 'n', '--resume'], { input });
    expect(resumed.code, resumed.stderr).toBe(1);
    expect(resumed.stderr).toContain(`${path} is gone or was changed`);
    expect([numbersIn(`${path}.seen`), numbersIn(path)]).toEqual([[2], [3]]);
  });

  it('is not what a journal says, unless it is the ingest’s own', async () => {
    const { data, log } = fresh();
    await stopped(data, '{}\nbad\n', [...NDJSON, '--name', 'n']);
    const { path } = besideDirectory(data, 'n');
    const victim = join(log, 'victim');
    const text = 'x'.repeat(10_000);
    writeFileSync(victim, text);
    const wal = await openWal(data);
    const records: JournalRecord[] = [];
    const table = wal.table(journalTableName('n'), { codec: msgpackCodec<JournalRecord>() });
    for await (const { payload } of table.read())
      records.push(payload.kind === 'start' ? { ...payload, rejectFile: victim } : payload);
    await table.appendBatch(records);
    expect((await new Journal(wal, 'n').load())?.start.rejectFile).toBe(victim);
    await wal.close();
    const input = '{}\nbad\nworse\n';
    const resumed = await shale(['ingest', data, '-', '--name', 'n', '--resume'], { input });
    expect(resumed.code, resumed.stderr).toBe(1);
    expect(readFileSync(victim, 'utf8')).toBe(text);
    // Its own file is found beside the log.
    expect(numbersIn(path)).toEqual([2, 3]);
  });

  it('has whole lines only after a second Ctrl-C', async () => {
    const { data } = fresh();
    const args = ['--table', 't', '--format', 'lines', '--max-line', '1k', '--name', 'n'];
    const running = start(['ingest', data, '-', ...args]);
    const { path } = besideDirectory(data, 'n');
    running.child.stdin?.write(`${'x'.repeat(5000)}\n`);
    await until(() => running.stderr.includes('rejected:'), 'a rejected line');
    const size = readFileSync(path).length;
    running.child.stdin?.write('y'.repeat(200_000));
    await until(() => readFileSync(path).length > size, 'a part of the next one');
    running.child.kill('SIGINT');
    running.child.kill('SIGTERM');
    expect([130, 143]).toContain((await running.ended).code);
    expect(numbersIn(path)).toEqual([1]);
  });

  it('has a name that the file system takes, however long the input’s is', async () => {
    const { data, log } = fresh();
    const input = join(log, 'n'.repeat(247));
    writeFileSync(input, 'bad\n');
    const { code, stderr } = await shale(['ingest', data, input, ...NDJSON]);
    expect([code, stderr.includes('rejected:')]).toEqual([1, true]);
  });
});

describe('a reject file that is opened again', () => {
  const path = join(dir, 'r.rejects.ndjson');
  const written = async (lines: readonly number[]): Promise<{ id: string; sizes: number[] }> => {
    rmSync(path, { force: true });
    const file = await RejectFile.planned({ path, taken: 'number' });
    const sizes = [0];
    for (const line of lines) {
      await file.add([reject(line)]);
      sizes.push(file.size);
    }
    await file.close(file.size);
    return { id: file.id, sizes };
  };

  it('is cut to what the checkpoint knows, and goes on there', async () => {
    const { id, sizes } = await written([1, 2, 3]);
    const file = await RejectFile.reopen(path, id, sizes[2] ?? 0);
    await file?.add([reject(7)]);
    await file?.close(file.size);
    expect(numbersIn(path)).toEqual([1, 2, 7]);
  });

  it.each([
    ['another ingest’s', (size: number) => ({ id: 'other', size })],
    ['too short', (size: number) => ({ size: size + 1 })],
    ['not whole up to there', (size: number) => ({ size: size - 1 })],
  ])('is left alone when it is %s', async (_, wrong) => {
    const { id, sizes } = await written([1, 2]);
    const before = readFileSync(path);
    const { id: asked, size } = { id, ...wrong(sizes[1] ?? 0) };
    if (size > (sizes[1] ?? 0)) writeFileSync(path, before.subarray(0, sizes[1]));
    const left = readFileSync(path);
    expect(await RejectFile.reopen(path, asked, size)).toBeUndefined();
    expect(readFileSync(path)).toEqual(left);
  });

  it('is left alone when it is a link', async () => {
    const { id, sizes } = await written([1, 2]);
    const link = join(dir, 'link');
    symlinkSync(path, link);
    expect(await RejectFile.reopen(link, id, sizes[1] ?? 0)).toBeUndefined();
    expect(numbersIn(path)).toEqual([1, 2]);
  });

  it('is removed when none of its lines counts, and nothing else is', async () => {
    const { id } = await written([1]);
    await RejectFile.discard(path, 'other');
    expect(existsSync(path)).toBe(true);
    linkSync(path, `${path}.kept`);
    // Killed in its first write.
    writeFileSync(path, '{"ingest":"');
    await RejectFile.discard(path, id);
    expect(existsSync(path)).toBe(false);
  });
});

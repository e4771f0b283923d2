import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { linesOf, ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
const data = join(dir, 'data');
const MANY = 60_000;
const OBJECTS = [
  '{"n":12345678901234567890,"t":"a,\\"b\\"\\n","e":""}',
  '{"n":1.50,"o":{"x": [1, ",}"], "y":"é\\u00e9"},"z":null}',
  '{"t":" x\\r","n":-0}',
  '{"n":1,"n":2,"__proto__":"p"}',
];
let made = 0;
const output = (name: string) => join(dir, `${made++}-${name}`);
const read = (path: string) => readFileSync(path, 'utf8');

beforeAll(async () => {
  writeFileSync(join(dir, 'objects.ndjson'), OBJECTS.map((line) => `${line}\n`).join(''));
  writeFileSync(join(dir, 'mixed.log'), '{"a":1}\n[1]\nnot json\n{"a":"x"}\n');
  const many = Array.from({ length: MANY }, (_, i) => `{"i":${i},"text":"${'x'.repeat(100)} ${i}"}\n`);
  writeFileSync(join(dir, 'many.ndjson'), many.join(''));
  for (const name of ['objects.ndjson', 'mixed.log', 'many.ndjson'])
    await ok(['ingest', data, join(dir, name), '--durability', 'os', '-q']);
});

describe('export', () => {
  it('to NDJSON is the entries byte for byte, compressed by the name of the file, and an ingest of it gives them again', async () => {
    const [plain, compressed] = [output('o.ndjson'), output('o.jsonl.gz')];
    await ok(['export', data, 'objects', plain]);
    await ok(['export', data, 'objects', compressed]);
    const lines = OBJECTS.map((line) => `${line}\n`).join('');
    expect([read(plain), gunzipSync(readFileSync(compressed)).toString()]).toEqual([lines, lines]);
    await ok(['ingest', join(dir, 'again'), compressed, '--table', 't']);
    expect(await linesOf(join(dir, 'again'), 't')).toEqual(OBJECTS);
  });

  it('to CSV has every field of every entry, numbers with all their digits, and tells nothing from an empty text', async () => {
    const path = output('o.csv');
    await ok(['export', data, 'objects', path, '--with-sequence']);
    expect(
      parse(read(path), { cast: (value, { quoting }) => (value === '' && !quoting ? null : value) }),
    ).toEqual([
      ['sequence', 'n', 't', 'e', 'o', 'z', '__proto__'],
      ['1', '12345678901234567890', 'a,"b"\n', '', null, null, null],
      ['2', '1.50', null, null, '{"x":[1,",}"],"y":"é\\u00e9"}', null, null],
      ['3', '-0', ' x\r', null, null, null, null],
      ['4', '2', null, null, null, null, 'p'],
    ]);
    const one = output('one.tsv');
    await ok(['export', data, 'objects', one, '--columns', 'z']);
    expect(read(one)).toBe('z\n""\n""\n""\n""\n');
  });

  it('leaves out what has no place in the format, says so, and ends with 1; as entries all are in', async () => {
    const [csv, entries] = [output('m.csv'), output('m.txt')];
    const told = await shale(['export', data, 'mixed', csv, '--json']);
    expect([told.code, told.stderr, read(csv)]).toEqual([
      1,
      'entry 2 is left out: it is no JSON object\nentry 3 is left out: it is not JSON\n--format entries takes all of them, whatever they are\n',
      'a\n1\nx\n',
    ]);
    expect(JSON.parse(told.stdout)).toMatchObject({
      outcome: 'complete',
      entries: 2,
      leftOut: 2,
      lastSequence: 4,
    });
    await ok(['export', data, 'mixed', entries, '--format', 'entries']);
    expect(read(entries)).toBe(await ok(['read', data, 'mixed', '--json']));
  });

  it.each([
    [
      ['--from', '2', '--to', '3'],
      [2, 3],
    ],
    [['--gt', '1', '--lt', '3'], [2]],
    [['--last', '1'], [4]],
    [
      ['--limit', '2'],
      [1, 2],
    ],
    [['--lt', '0'], []],
    [['--from', '9'], []],
  ])('takes a range as read does: %j', async (bounds, sequences) => {
    const path = output('r.csv');
    await ok(['export', data, 'objects', path, '--with-sequence', '--columns', 'q', ...bounds]);
    expect(
      read(path)
        .split('\n')
        .slice(1, -1)
        .map((line) => Number(line.split(',')[0])),
    ).toEqual(sequences);
  });

  it.each(['many.ndjson', 'many.csv.gz'])(
    'that was killed goes on with --resume, whatever came behind its state: %s',
    async (name) => {
      const [path, whole] = [output(name), output(name)];
      await ok(['export', data, 'many', whole]);
      const running = start(['export', data, 'many', path]);
      await until(() => existsSync(`${path}.partial.json`) || running.child.exitCode !== null, 'a state');
      running.child.kill('SIGKILL');
      await running.ended;
      expect(existsSync(path)).toBe(false);
      const refused = await shale(['export', data, 'many', path]);
      expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('CLI_EXPORT_UNFINISHED')]);
      appendFileSync(`${path}.partial`, 'half a li');
      await ok(['export', data, 'many', path, '--resume']);
      const text = (file: string) =>
        name.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file);
      expect(text(path).equals(text(whole))).toBe(true);
      expect([existsSync(`${path}.partial`), existsSync(`${path}.partial.json`)]).toEqual([false, false]);
    },
  );

  it('goes on in the middle, to the end that it had when it began', async () => {
    const path = output('middle.csv');
    await ok(['ingest', data, '-', '--table', 'grows', '--format', 'ndjson', '-q'], {
      input: '{"a":1}\n{"a":2}\n{"a":3}\n',
    });
    const head = 'a\n1\n';
    const plan = {
      ...{ log: data, table: 'grows', format: 'csv', gzip: false, delimiter: ',', columns: ['a'] },
      ...{ withSequence: false, range: '{}', last: '2' },
    };
    const state = { version: 1, plan, done: '1', bytes: head.length, entries: 1, leftOut: 0 };
    const left = (text: string) => {
      writeFileSync(`${path}.partial`, text);
      writeFileSync(`${path}.partial.json`, JSON.stringify(state));
    };
    left(`${head}2`);
    await ok(['export', data, 'grows', path, '--resume']);
    expect(read(path)).toBe('a\n1\n2\n');
    left(head);
    truncateSync(`${path}.partial`, 3);
    rmSync(path);
    const cut = await shale(['export', data, 'grows', path, '--resume']);
    expect([cut.code, cut.stderr]).toEqual([3, expect.stringContaining('is not what this export has left')]);
    left(head);
    const other = await shale(['export', data, 'grows', path, '--resume', '--columns', 'b']);
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('began with --columns a, not b')]);
    await ok(['trim', data, 'grows', '--to', '2']);
    // Before what is still there, and up to the end.
    for (const last of ['3', '2']) {
      writeFileSync(`${path}.partial.json`, JSON.stringify({ ...state, plan: { ...plan, last } }));
      const trimmed = await shale(['export', data, 'grows', path, '--resume']);
      expect([trimmed.code, trimmed.stderr]).toEqual([
        3,
        expect.stringContaining('entry 2 is not in the log any more'),
      ]);
    }
    await ok(['export', data, 'grows', path, '--restart']);
    expect(read(path)).toBe('a\n3\n');
  });

  it('writes over nothing unless told, and not into the log', async () => {
    const path = output('there.csv');
    writeFileSync(path, 'mine');
    expect((await shale(['export', data, 'objects', path])).code).toBe(3);
    expect(read(path)).toBe('mine');
    await ok(['export', data, 'objects', path, '--overwrite', '--columns', 'n', '--limit', '1']);
    expect(read(path)).toBe('n\n12345678901234567890\n');
    expect((await shale(['export', data, 'objects', join(data, 'x.csv')])).code).toBe(2);
    expect((await shale(['export', data, 'objects', output('x.parquet')])).stderr).toContain(
      '--format ndjson, csv or entries',
    );
    expect((await shale(['export', data, 'objects', output('x.ndjson'), '--columns', 'a'])).code).toBe(2);
  });
});

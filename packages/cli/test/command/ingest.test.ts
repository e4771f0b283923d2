import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf, ok, scratch, shale } from '../support/shale.js';

const dir = scratch();
let made = 0;
/** A fresh data directory, and a file with this content. */
function fresh(content: string | Uint8Array, extension = 'ndjson') {
  made += 1;
  const input = join(dir, `in${made}.${extension}`);
  writeFileSync(input, content);
  return { data: join(dir, `data${made}`), input };
}
const summary = (stdout: string) => JSON.parse(stdout) as Record<string, unknown>;

describe('ingest', () => {
  it('spreads NDJSON over tables by a field, in order, byte for byte', async () => {
    const { data, input } = fresh('{"h":"a","v":1}\n{"h":"b"}\n{"h":"a", "v":2}\n');
    const stdout = await ok(['ingest', data, input, '--table-by', 'h', '--json']);
    expect(summary(stdout)).toMatchObject({
      outcome: 'complete',
      lines: 3,
      entries: 3,
      tables: 2,
      rejected: 0,
      durableLine: 3,
    });
    expect(await linesOf(data, 'a')).toEqual(['{"h":"a","v":1}', '{"h":"a", "v":2}']);
    expect(await linesOf(data, 'b')).toEqual(['{"h":"b"}']);
  });

  it('says in words what it did, on standard output, and nothing with --quiet', async () => {
    const { data, input } = fresh('a\n\nb\n', 'txt');
    const loud = await shale(['ingest', data, input]);
    expect(loud.stdout).toMatch(
      /^3 lines, 5 B in .*\n2 entries in 1 table\n1 empty line skipped\ndurable up to line 3\n$/,
    );
    const quiet = await shale(['ingest', data, input, '--again', '--quiet']);
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, '', '']);
    expect(await linesOf(data, input.split('/').at(-1)?.replace('.txt', '') ?? '')).toEqual([
      'a',
      'b',
      'a',
      'b',
    ]);
  });

  it('takes CSV with quoted newlines', async () => {
    const { data, input } = fresh('s,n\nA,"x\ny"\nB,2\n', 'csv');
    const stdout = await ok(['ingest', data, input, '--table-by', 's', '--json']);
    expect(summary(stdout)).toMatchObject({ lines: 4, entries: 2 });
    expect(await linesOf(data, 'A')).toEqual(['{"s":"A","n":"x\\ny"}']);
  });

  it('reads standard input', async () => {
    const { data } = fresh('');
    await ok(['ingest', data, '-', '--table', 't'], { input: 'one\ntwo' });
    await ok(['ingest', data, '-', '--table', 't'], { input: 'three\n' });
    expect(await linesOf(data, 't')).toEqual(['one', 'two', 'three']);
  });

  it('takes an empty input', async () => {
    const { data, input } = fresh('');
    expect(summary(await ok(['ingest', data, input, '--table', 't', '--json']))).toMatchObject({
      outcome: 'complete',
      lines: 0,
      entries: 0,
    });
  });

  it('appends to tables that have entries already', async () => {
    const { data, input } = fresh('b\nc\n', 'txt');
    await ok(['ingest', data, '-', '--table', 't'], { input: 'a\n' });
    await ok(['ingest', data, input, '--table', 't']);
    expect(await linesOf(data, 't')).toEqual(['a', 'b', 'c']);
  });

  it('keeps carriage returns and empty lines when lossless', async () => {
    const { data, input } = fresh('a\r\n\nb\r\n', 'txt');
    await ok(['ingest', data, input, '--table', 't', '--lossless']);
    expect(await ok(['read', data, 't', '--raw'])).toBe('a\r\n\nb\r\n');
  });

  it('works with durability os', async () => {
    const { data, input } = fresh('a\nb\n', 'txt');
    expect(
      summary(await ok(['ingest', data, input, '--table', 't', '--durability', 'os', '--json'])),
    ).toMatchObject({ durableLine: 2 });
    expect(await linesOf(data, 't')).toEqual(['a', 'b']);
  });

  it('takes many more tables than fit one record of anything', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `{"h":${i},"v":"${'x'.repeat(i % 50)}"}`);
    const { data, input } = fresh(`${lines.join('\n')}\n`);
    expect(summary(await ok(['ingest', data, input, '--table-by', 'h', '--json']))).toMatchObject({
      tables: 3000,
      entries: 3000,
    });
    expect((await ok(['verify', data])).startsWith('ok: ')).toBe(true);
    expect(await linesOf(data, '2999')).toEqual([lines[2999]]);
  });
});

describe('malformed lines', () => {
  it('are counted, shown with their number, and kept apart with their bytes; the exit code tells', async () => {
    const { data, input } = fresh(
      Buffer.concat([
        Buffer.from('{"h":"a"}\nnot json\n{"x":1}\n'),
        Buffer.from([0xff, 10]),
        Buffer.from('{"h":"a"}\n'),
      ]),
    );
    const rejects = join(dir, 'kept.ndjson');
    const { code, stdout, stderr } = await shale([
      'ingest',
      data,
      input,
      '--table-by',
      'h',
      '--rejects',
      rejects,
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain(`3 lines rejected, kept in ${rejects}`);
    expect(stderr).toMatch(
      /^read as NDJSON\nline 2 rejected: not JSON: .*\nline 3 rejected: no field "h"\nline 4 rejected: not valid UTF-8\n$/,
    );
    const kept = readFileSync(rejects, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(kept).toMatchObject([
      { line: 2, offset: 10, reason: 'not-json', text: 'not json' },
      { line: 3, offset: 19, reason: 'field-missing', text: '{"x":1}' },
      { line: 4, offset: 27, reason: 'not-utf8', base64: '/w==' },
    ]);
    expect(await linesOf(data, 'a')).toHaveLength(2);
  });

  it('are kept beside the data directory unless told otherwise, and can be allowed', async () => {
    const { data, input } = fresh('x\n');
    const stdout = await ok(['ingest', data, input, '--table', 't', '--allow-rejects', '--json']);
    const { rejectFile } = summary(stdout);
    expect(rejectFile).toBe(`${data}.${input.split('/').at(-1)}.rejects.ndjson`);
    expect(JSON.parse(readFileSync(String(rejectFile), 'utf8'))).toMatchObject({ line: 1, text: 'x' });
  });

  it('that are too long are kept whole without being held whole', async () => {
    const long = 'y'.repeat(3_000_001);
    const { data, input } = fresh(`a\n${long}\nb\n`, 'txt');
    const rejects = join(dir, 'long.ndjson');
    const { code, stderr } = await shale([
      'ingest',
      data,
      input,
      '--table',
      't',
      '--max-line',
      '64k',
      '--rejects',
      rejects,
    ]);
    expect([code, stderr]).toEqual([1, 'read as plain lines\nline 2 rejected: longer than 64.0 KiB\n']);
    const kept = JSON.parse(readFileSync(rejects, 'utf8')) as { line: number; base64: string; bytes: number };
    expect([kept.line, kept.bytes, Buffer.from(kept.base64, 'base64').toString() === long]).toEqual([
      2,
      long.length,
      true,
    ]);
    expect(await linesOf(data, 't')).toEqual(['a', 'b']);
  });

  it('are never mixed with those of another ingest', async () => {
    const { data, input } = fresh('x\n');
    const rejects = join(dir, 'used.ndjson');
    writeFileSync(rejects, 'something\n');
    const { code, stderr } = await shale(['ingest', data, input, '--table', 't', '--rejects', rejects]);
    expect([code, readFileSync(rejects, 'utf8')]).toEqual([2, 'something\n']);
    expect(stderr).toContain('already has lines in it');
  });

  it('beyond the first ten are only counted', async () => {
    const { data, input } = fresh('x\n'.repeat(25));
    const { stderr } = await shale(['ingest', data, input, '--table', 't']);
    expect(stderr.match(/rejected:/g)).toHaveLength(10);
    expect(stderr).toContain('15 more rejected lines are in');
  });
});

describe('what cannot be ingested', () => {
  it('leaves nothing behind that stands in the way of the right command', async () => {
    const { data, input } = fresh('a,b\n1,2\n', 'csv');
    expect((await shale(['ingest', data, input, '--table-by', 'zz'])).code).toBe(2);
    await ok(['ingest', data, input, '--table-by', 'a']);
    expect(await linesOf(data, '1')).toHaveLength(1);
  });

  it.each([
    [
      'an input that is not there',
      (data: string) => [data, join(dir, 'nowhere')],
      4,
      /there is no input file/,
    ],
    ['an input that is an empty directory', (data: string) => [data, join(dir, 'empty')], 4, /no input in/],
    ['standard input without a table', (data: string) => [data], 2, /standard input/],
    ['an archive', (data: string) => [data, join(dir, 'x.log')], 2, /unzip decompresses it/],
    [
      'a CSV without the column',
      (data: string) => [data, join(dir, 'c.csv'), '--table-by', 'zz'],
      2,
      /no column "zz"/,
    ],
    ['a reserved table', (data: string) => [data, join(dir, 'c.csv'), '--table', '.ingest/x'], 2, /reserved/],
  ] as const)('%s is told', async (_what, args, expected, message) => {
    writeFileSync(join(dir, 'c.csv'), 'a\n1\n');
    writeFileSync(join(dir, 'x.log'), 'PK\x03\x04');
    mkdirSync(join(dir, 'empty'), { recursive: true });
    const { data } = fresh('');
    const { code, stderr, stdout } = await shale(['ingest', ...args(data)]);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(/^(?:read as .*\n)?shale: /);
    expect(stderr).toMatch(message);
  });

  it('is a directory with other files: they stay alone', async () => {
    const other = join(dir, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.txt'), '');
    const { code, stderr } = await shale(['ingest', other, '-', '--table', 't'], { input: 'a\n' });
    expect(code).toBe(2);
    expect(stderr).toContain('they are not a log');
  });
});

describe('a directory in which a process died while it created a log', () => {
  it.each([
    ['before the first manifest was whole', ['LOCK', 'IDENTITY', 'MANIFEST-000001']],
    ['before CURRENT named it', ['LOCK', 'IDENTITY', 'MANIFEST-000001', '000001.dbtmp']],
  ])('%s holds nothing, and takes the next one', async (_, names) => {
    const { data, input } = fresh('a\n', 'txt');
    mkdirSync(data);
    for (const name of names) writeFileSync(join(data, name), '');
    await ok(['ingest', data, input, '--table', 't']);
    expect(await linesOf(data, 't')).toEqual(['a']);
  });
});

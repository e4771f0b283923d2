// Files as people have them: ingest takes what is data, and says what is not.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { linesOf, ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
let made = 0;
/** A fresh data directory, and a file with this content. */
function fresh(content: string | Uint8Array, extension = 'csv') {
  made += 1;
  const input = join(dir, `in${made}.${extension}`);
  writeFileSync(input, content);
  return { data: join(dir, `data${made}`), input };
}

it('a CSV whose lines end with a carriage return alone has its rows, also those that are added', async () => {
  const { data, input } = fresh('id,name\r1,a\r2,b\r');
  const first = await shale(['ingest', data, input, '--table', 't']);
  expect(first).toMatchObject({
    code: 0,
    stderr: 'read as CSV, ",", lines that end with a carriage return alone, 2 columns\n',
  });
  appendFileSync(input, '3,"x\ry"\r');
  await ok(['ingest', data, input, '--table', 't', '--resume']);
  expect(await linesOf(data, 't')).toEqual([
    '{"id":"1","name":"a"}',
    '{"id":"2","name":"b"}',
    '{"id":"3","name":"x\\ry"}',
  ]);
  // Half a line is told from a whole one by the same end.
  appendFileSync(input, '4,c');
  await ok(['ingest', data, input, '--resume', '--final']);
  appendFileSync(input, 'd\r');
  expect(await shale(['ingest', data, input, '--resume'])).toMatchObject({ code: 3 });
});

it("a header that comes again in the middle of joined files is reported, and is nobody's entry", async () => {
  const { data, input } = fresh('\ufeffhost,v\nweb-1,1\n\ufeffhost,v\nweb-2,2\n');
  const { code, stderr } = await shale(['ingest', data, input, '--table-by', 'host']);
  expect([code, stderr]).toEqual([1, 'read as CSV, ",", 2 columns\nline 3 rejected: the header again\n']);
  const tables = (await ok(['tables', data, '--json'])).trim().split('\n');
  expect(tables.map((line) => JSON.parse(line).name).sort()).toEqual(['web-1', 'web-2']);
});

it('a byte order mark between joined NDJSON files belongs to no entry', async () => {
  const { data, input } = fresh('\ufeff{"a":1}\n\ufeff{"a":2}\n', 'ndjson');
  await ok(['ingest', data, input, '--table', 't']);
  expect(await linesOf(data, 't')).toEqual(['{"a":1}', '{"a":2}']);
});

it('UTF-16 is decoded when it says what it is or somebody does, and goes on where it stopped', async () => {
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => `${from + i},é${from + i}\n`).join('');
  const little = (text: string) => Buffer.from(text, 'utf16le');
  const { data, input } = fresh(little(`\ufeffn,v\n${rows(1, 100)}`));
  await ok(['ingest', data, input, '--table', 't']);
  appendFileSync(input, little(rows(101, 200)));
  await ok(['ingest', data, input, '--resume']);
  expect(await linesOf(data, 't')).toEqual(
    Array.from({ length: 200 }, (_, i) => `{"n":"${i + 1}","v":"é${i + 1}"}`),
  );

  const bare = fresh(little('n,v\n1,x\n').swap16());
  const refused = await shale(['ingest', bare.data, bare.input, '--table', 't']);
  expect(refused.code).toBe(12);
  expect(refused.stderr).toContain('looks like UTF-16BE, and has no byte order mark');
  expect(refused.stderr).toContain('--encoding utf-16be');
  await ok(['ingest', bare.data, bare.input, '--table', 't', '--encoding', 'utf-16be']);
  expect(await linesOf(bare.data, 't')).toEqual(['{"n":"1","v":"x"}']);
});

it('an input whose bytes were kept as UTF-8 is gone on with in the same way only', async () => {
  const { data, input } = fresh('n\n1\n');
  await ok(['ingest', data, input, '--table', 't']);
  appendFileSync(input, '2\n');
  const other = await shale(['ingest', data, input, '--resume', '--encoding', 'utf-16le']);
  expect([other.code, other.stderr]).toEqual([
    3,
    expect.stringContaining('began with --encoding (not given), not utf-16le'),
  ]);
  await ok(['ingest', data, input, '--resume', '--encoding', 'utf-8']);
  expect(await linesOf(data, 't')).toEqual(['{"n":"1"}', '{"n":"2"}']);
});

it('what is between the fields of a CSV is found, said, and remembered', async () => {
  const { data, input } = fresh('sep=;\na;b\n1;2\n3,5;4\n');
  const first = await shale(['ingest', data, input, '--table', 't']);
  expect(first).toMatchObject({ code: 0, stderr: 'read as CSV, ";", 2 columns\n' });
  appendFileSync(input, '5;6\n');
  await ok(['ingest', data, input, '--resume']);
  expect(await linesOf(data, 't')).toEqual(['{"a":"1","b":"2"}', '{"a":"3,5","b":"4"}', '{"a":"5","b":"6"}']);
});

it('an index column without a name, and a name that comes twice, get names that are told', async () => {
  const { data, input } = fresh(',Name,Name\n0,Ann,Lee\n');
  const { code, stderr } = await shale(['ingest', data, input, '--table-by', 'Name.1']);
  expect([code, stderr.split('\n')]).toEqual([
    0,
    [
      'read as CSV, ",", 3 columns',
      'column 1 of the header has no name, and is called "column1"',
      'column 3 of the header is "Name" once more, and is called "Name.1"',
      '',
    ],
  ]);
  expect(await linesOf(data, 'Lee')).toEqual(['{"column1":"0","Name":"Ann","Name.1":"Lee"}']);
});

it('the elements of a JSON array are entries, and those that come after a kill are, too', async () => {
  const elements = Array.from({ length: 500 }, (_, i) => ({ n: i, text: 'a b\n' }));
  const { data, input } = fresh(JSON.stringify(elements, null, 1), 'json');
  const first = await shale(['ingest', data, input, '--table', 't']);
  expect(first).toMatchObject({ code: 0, stderr: 'read as JSON, the elements of an array\n' });
  expect(await linesOf(data, 't')).toEqual(elements.map((element) => JSON.stringify(element)));

  const cut = fresh(JSON.stringify(elements.slice(0, 2)).slice(0, -1), 'json');
  expect((await shale(['ingest', cut.data, cut.input, '--table', 't'])).stderr).toContain(
    'the array has no end: the input may have been cut off',
  );
});

it.each([
  ['plain lines', 'log', 'l1\nl2\nl3-ha', 'lf-rest\nl4\n', ['l1', 'l2', 'l3-half-rest', 'l4'], 2],
  ['carriage returns', 'log', 'l1\rl2\rl3', '-rest\rl4\r', ['l1', 'l2', 'l3-rest', 'l4'], 2],
  ['half a line end', 'log', 'l1\r', '\nl2\r\n', ['l1', 'l2'], 0],
  ['half the first line', 'csv', 'a;', 'b\n1;2\n', ['{"a":"1","b":"2"}'], 0],
  ['a quote that is open', 'csv', 'a,b\n1,"x\ny', '\nz"\n', ['{"a":"1","b":"x\\ny\\nz"}'], 1],
  ['half an object', 'ndjson', '{"a":1}\n{"a"', ':2}\n', ['{"a":1}', '{"a":2}'], 1],
  ['a value that looks whole', 'ndjson', '1\n2', '3\n', ['1', '23'], 1],
])('a last line without its end waits for it: %s', async (_, extension, before, added, entries, lines) => {
  const { data, input } = fresh(before, extension);
  const first = await shale(['ingest', data, input, '--table', 't', '--json']);
  expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('has no end, and was not taken')]);
  const { outcome, durableLine, durableOffset, waitingBytes } = JSON.parse(first.stdout);
  expect([outcome, durableLine, durableOffset + waitingBytes]).toEqual(['waiting', lines, before.length]);
  appendFileSync(input, added);
  await ok(['ingest', data, input, '--table', 't', '--resume']);
  expect(await linesOf(data, 't')).toEqual(entries);
});

it('a last line without its end is taken with --final, from a pipe, and from what is compressed', async () => {
  const { data, input } = fresh('one\ntwo', 'log');
  expect((await shale(['ingest', data, input, '--table', 'a'])).code).toBe(1);
  expect((await shale(['ingest', data, input, '--resume'])).code).toBe(1);
  await ok(['ingest', data, input, '--resume', '--final']);
  await ok(['ingest', data, '-', '--table', 'b'], { input: 'one\ntwo' });
  writeFileSync(`${input}.gz`, gzipSync('one\ntwo'));
  await ok(['ingest', data, `${input}.gz`, '--table', 'c']);
  for (const table of ['a', 'b', 'c']) expect(await linesOf(data, table)).toEqual(['one', 'two']);
});

it('a long last line without its end waits, too, and nothing of it is rejected', async () => {
  const { data, input } = fresh(`one\n${'x'.repeat(3000)}`, 'log');
  const { code, stdout } = await shale(['ingest', data, input, '--table', 't', '--max-line', '1k', '--json']);
  expect([code, JSON.parse(stdout)]).toEqual([
    1,
    expect.objectContaining({ waitingBytes: 3000, rejected: 0 }),
  ]);
  appendFileSync(input, '\ntwo\n');
  const second = await shale(['ingest', data, input, '--resume', '--json']);
  expect([second.code, JSON.parse(second.stdout)]).toEqual([
    1,
    expect.objectContaining({ rejected: 1, entries: 2 }),
  ]);
});

it('a new volume with lost+found takes a log, a folder with files of others does not', async () => {
  const { data, input } = fresh('{"a":1}\n', 'ndjson');
  mkdirSync(join(data, 'lost+found'), { recursive: true });
  await ok(['ingest', data, input, '--table', 't']);
  const other = join(dir, 'other');
  mkdirSync(join(other, 'lost+found'), { recursive: true });
  writeFileSync(join(other, 'notes.txt'), '');
  expect(await shale(['ingest', other, input])).toMatchObject({ code: 2 });
});

it('a named pipe that nobody writes to is waited for, and one signal ends that', async () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const waiting = start(['ingest', join(dir, 'piped'), pipe, '--table', 't']);
  await until(
    async () => waiting.child.exitCode === null && (await shale(['tables', join(dir, 'piped')])).code === 0,
    'the log',
  );
  waiting.child.kill('SIGTERM');
  expect(await waiting.ended).toMatchObject({ code: 143 });

  const reading = start(['ingest', join(dir, 'piped'), pipe, '--table', 't', '--json']);
  writeFileSync(pipe, 'one\ntwo\n');
  expect(JSON.parse((await reading.ended).stdout)).toMatchObject({ outcome: 'complete', entries: 2 });
});

it('quotes, escapes and space around them are read as it is told, also when the ingest goes on', async () => {
  const backslash = fresh('a,b\n1,"say \\"hi\\", \\\\"\n');
  await ok(['ingest', backslash.data, backslash.input, '--table', 't', '--escape', '\\']);
  appendFileSync(backslash.input, '2,"\\"\n\\""\n');
  await ok(['ingest', backslash.data, backslash.input, '--resume']);
  expect((await linesOf(backslash.data, 't')).map((line) => JSON.parse(line))).toEqual([
    { a: '1', b: 'say "hi", \\' },
    { a: '2', b: '"\n"' },
  ]);

  const spaced = fresh('a , b\n1, "x, y"\n \t\n2 ,\u00a0"z\n" \n');
  const { code, stdout, stderr } = await shale([
    ...['ingest', spaced.data, spaced.input, '--table', 't', '--trim', '--json'],
  ]);
  expect([code, stderr]).toEqual([0, 'read as CSV, ",", trimmed, 2 columns\n']);
  expect(JSON.parse(stdout)).toMatchObject({ readAs: 'CSV, ",", trimmed, 2 columns', entries: 2, empty: 1 });
  expect(await linesOf(spaced.data, 't')).toEqual(['{"a":"1","b":"x, y"}', '{"a":"2","b":"z\\n"}']);

  const single = fresh("a;b\n'1;\n''2';\"\n");
  await ok(['ingest', single.data, single.input, '--table', 't', '--quote', "'"]);
  expect(await linesOf(single.data, 't')).toEqual(['{"a":"1;\\n\'2","b":"\\""}']);

  const none = fresh('a,b\n"1,2"\n"\n');
  expect((await shale(['ingest', none.data, none.input, '--table', 't', '--quote', 'none'])).code).toBe(1);
  expect(await linesOf(none.data, 't')).toEqual(['{"a":"\\"1","b":"2\\""}']);
});

it('columns have the names that were given, and without a header the first line is a row', async () => {
  const bare = fresh('web-1,1\nweb-2,2\n3\n');
  const first = await shale(['ingest', bare.data, bare.input, '--table-by', 'column1', '--no-header']);
  expect([first.code, first.stderr.split('\n').slice(0, 2)]).toEqual([
    1,
    ['read as CSV, ",", no header, 2 columns', 'line 3 rejected: 1 field where there should be 2'],
  ]);
  appendFileSync(bare.input, 'web-1,4\n');
  await shale(['ingest', bare.data, bare.input, '--resume']);
  expect(await linesOf(bare.data, 'web-1')).toEqual([
    '{"column1":"web-1","column2":"1"}',
    '{"column1":"web-1","column2":"4"}',
  ]);

  const named = fresh('1,2\n3,4\nx,"y,z"\n');
  const names = ['--columns', 'x,"y,z"'];
  expect((await shale(['ingest', named.data, named.input, '--table', 't', ...names])).stderr).toContain(
    'line 3 rejected: the header again',
  );
  expect(await linesOf(named.data, 't')).toEqual(['{"x":"1","y,z":"2"}', '{"x":"3","y,z":"4"}']);
  const other = await shale(['ingest', named.data, named.input, '--resume', '--columns', 'x,y']);
  expect([other.code, other.stderr]).toEqual([
    3,
    expect.stringContaining('began with --columns x,y,z, not x,y'),
  ]);

  const renamed = fresh('sep=;\nÄ;B\n1;2\nÄ;B\n');
  await shale(['ingest', renamed.data, renamed.input, '--table', 't', '--header', '--columns', 'a,b']);
  expect(await linesOf(renamed.data, 't')).toEqual(['{"a":"1","b":"2"}']);
  const few = fresh('a;b\n1;2\n');
  const refused = await shale(['ingest', few.data, few.input, '--table', 't', '--header', '--columns', 'a']);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('--columns has 1 name, and the header 2 columns'),
  ]);
});

it.each([
  [['--quote', 'none', '--escape', '\\'], '--escape is for quotes, and there are none'],
  [['--quote', ';', '--delimiter', ';'], '--quote and --delimiter cannot be the same'],
  [['--escape', ';', '--delimiter', ';'], '--escape and --delimiter cannot be the same'],
  [['--columns', 'a,b', '--table-by', 'c'], 'the column "c", and --columns has none of that name'],
  [['--columns', 'a,a'], 'The name a is there twice'],
  [['--columns', 'a,,b'], 'It must be names with commas'],
  [['--quote', 'é'], 'It must be one ASCII character'],
  [['--format', 'lines', '--no-header'], '--no-header is for CSV'],
  [['--format', 'ndjson', '--columns', 'a'], '--columns is for CSV'],
  [['--format', 'lines', '--trim'], '--trim is for CSV'],
])('%j is refused before anything is taken', async (flags, message) => {
  const { data, input } = fresh('a,b\n1,2\n');
  const { code, stderr } = await shale(['ingest', data, input, ...flags]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

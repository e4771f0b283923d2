// What is found out about an input by a look at its beginning.
import { describe, expect, it } from 'vitest';
import { readBeginning } from '../../dist/ingest/beginning.js';
import { chooseOptions } from '../../dist/ingest/choose-options.js';
import { dialectOf, encodingOf } from '../../dist/ingest/dialect.js';
import { toUtf8 } from '../../dist/ingest/encoding.js';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read);
}

const beginningOf = (text: string | Buffer, size = 1 << 20, source: 'file' | 'stream' = 'file') =>
  readBeginning(chunksOf(Buffer.from(text), size), source);

describe('the beginning of an input', () => {
  it('is 64 KiB, or of a pipe the first line, and what is read after it is the whole input, whatever its pieces', async () => {
    const lines = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''));
    for (const size of [1, 7, 4096, 1 << 20]) {
      const beginning = await beginningOf(lines, size);
      expect(beginning.isWhole).toBe(false);
      expect(beginning.head.length).toBeLessThanOrEqual(1 << 16);
      expect(beginning.head.includes(10)).toBe(true);
      expect((await read(beginning.chunks)).equals(lines)).toBe(true);
    }
    const long = Buffer.alloc(100_000, 'x');
    const { head, isWhole, chunks } = await beginningOf(long, 1000);
    expect([head.length, isWhole, (await read(chunks)).length]).toEqual([1 << 16, false, 100_000]);
    expect(await beginningOf('')).toMatchObject({ isWhole: true });
  });
});

describe('the fields of a CSV', () => {
  const chosen = chooseOptions({}, 'x.csv');
  const delimiterOf = async (text: string) => dialectOf(chosen, await beginningOf(text)).options.delimiter;

  it.each([
    ['a,b\n1,2\n', ','],
    ['a;b\n1;2\n3,5;4\n', ';'],
    ['a\tb\n1\t2,5\n', '\t'],
    ['a|b|c\n1|2|3\n', '|'],
    ['sep=|\na|b\n1|2\n', '|'],
    ['"sep=;"\r\na;b\r\n', ';'],
    ['\ufeffsep=;\na;b\n', ';'],
    // One column; what is in a field is not between fields; a row that is too short is no reason to look elsewhere.
    ['name\nann\n', ','],
    ['id,tags\n1,a;b;c\n2,d;e;f\n', ','],
    ['a;b\n"x;y;z";2\n"1,2";3\n', ';'],
    ['"a,b";c\n"1,2";3\n', ';'],
    ['a;b\n1;2\n"open;3\n4', ';'],
    ['a,b\n1\n', ','],
    ['', ','],
  ])('%j are told by %j', async (text, delimiter) => {
    expect(await delimiterOf(text)).toBe(delimiter);
  });

  it('are those that were said, whatever stands there', async () => {
    const said = chooseOptions({ delimiter: ',' }, 'x.csv');
    const { options, reading, isUnusual } = dialectOf(said, await beginningOf('a;b\n1;2\n'));
    expect([options.delimiter, reading, isUnusual]).toEqual([',', 'CSV, ",", 1 column', false]);
    expect(dialectOf(chosen, await beginningOf('a;b\n1;2\n'))).toMatchObject({
      reading: 'CSV, ";", 2 columns',
      isUnusual: true,
    });
  });

  it('are never told by what quotes a field or escapes a quote, and are told within other quotes', async () => {
    const told = async (text: string, given: Parameters<typeof chooseOptions>[0]) =>
      dialectOf(chooseOptions(given, 'x.csv'), await beginningOf(text)).options.delimiter;
    expect(await told('|a,b|;|c|\n|1|;|2,3|\n', { quote: '|' })).toBe(';');
    expect(await told("'a;b','c'\n'1','2;3'\n", { quote: "'" })).toBe(',');
    expect(await told('sep=|\n|a|;|b|\n', { quote: '|' })).toBe(';');
    expect(await told('a, "x;y;z"\n1, "2;3"\n', { trim: true })).toBe(',');
    expect(await told('sep=é\na;b\n1;2\n', {})).toBe(';');
  });
});

describe('the ends of lines', () => {
  it.each([
    ['a,b\r1,2\r', 'cr'],
    ['a,b\r1,2', 'cr'],
    ['a,b\r\n1,2\r\n', undefined],
    ['a,b\r1,2\n', undefined],
    ['a,b', undefined],
  ])('of %j are %j', async (text, lineEnd) => {
    const { options } = dialectOf(chooseOptions({}, 'x.csv'), await beginningOf(text));
    expect(options.lineEnd).toBe(lineEnd);
  });
});

it('of plain lines that are to be the input again nothing is found', async () => {
  const lossless = chooseOptions({ lossless: true }, 'x.log');
  const marked = await beginningOf(Buffer.from('\ufeffa\rb', 'utf16le'));
  expect(encodingOf(lossless, marked)).toBe(undefined);
  expect(dialectOf(lossless, await beginningOf('a\rb\r'))).toMatchObject({ isUnusual: false });
  expect(dialectOf(lossless, await beginningOf('a\rb\r')).options.lineEnd).toBe(undefined);
});

describe('the values of JSON', () => {
  const layoutOf = async (text: string, path = 'x.json', source: 'file' | 'stream' = 'file') => {
    const { format, layout } = dialectOf(
      chooseOptions({}, path),
      await beginningOf(text, 1 << 20, source),
    ).options;
    return `${format} ${layout ?? ''}`.trim();
  };

  it.each([
    ['{"a":1}\n{"a":2}\n', 'ndjson'],
    ['[{"a":1},{"a":2}]', 'json array'],
    ['[{"a":1},{"a":2}]\n\n', 'json array'],
    ['\ufeff[\n1,\n2]\n', 'json array'],
    ['[1,2]\n[3]\n', 'ndjson'],
    ['{\n "a": 1\n}\n', 'json values'],
    ['{\n "a": 1', 'ndjson'],
    ['{bad\n{"a":1}\n', 'ndjson'],
    ['', 'ndjson'],
  ])('%j is %s', async (text, layout) => {
    expect(await layoutOf(text)).toBe(layout);
  });

  it('are those that the name or the options say', async () => {
    expect(await layoutOf('[1,2]', 'x.ndjson')).toBe('ndjson');
    const said = (given: Parameters<typeof chooseOptions>[0]) =>
      chooseOptions({ table: 't', ...given }, 'x.json');
    const array = await beginningOf('[1,\n2]');
    expect(dialectOf(said({ format: 'ndjson' }), array).options.format).toBe('ndjson');
    expect(dialectOf(said({ lossless: true }), array).options.format).toBe('ndjson');
    expect(dialectOf(said({ format: 'json' }), array).options).toMatchObject({
      format: 'json',
      layout: 'array',
    });
    expect(() => said({ format: 'json', lossless: true })).toThrow(/--lossless/);
    // More may come through a pipe: a line by itself is what it says.
    expect(await layoutOf('[1,2]\n', 'x.json', 'stream')).toBe('ndjson');
  });
});

describe('text in UTF-16', () => {
  const chosen = chooseOptions({}, 'x.csv');
  const text = 'a,b\n1,€😀\n';
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  const big = Buffer.from(little).swap16();

  it('is known by its byte order mark, and read in pieces of any size', async () => {
    expect(encodingOf(chosen, await beginningOf(little))).toBe('utf-16le');
    expect(encodingOf(chosen, await beginningOf(big))).toBe('utf-16be');
    for (const size of [1, 2, 3, 100]) {
      expect((await read(toUtf8(chunksOf(little, size), 'utf-16le'))).toString()).toBe(text);
      expect((await read(toUtf8(chunksOf(big, size), 'utf-16be'))).toString()).toBe(text);
    }
  });

  it('is refused without one, until somebody says what it is', async () => {
    const bare = await beginningOf(little.subarray(2));
    expect(() => encodingOf(chosen, bare)).toThrow(/UTF-16LE.* no byte order mark/);
    expect(() => encodingOf(chosen, { ...bare, head: big.subarray(2) })).toThrow(/UTF-16BE/);
    expect(encodingOf({ ...chosen, encoding: 'utf-8' }, bare)).toBe('utf-8');
    expect(encodingOf(chosen, await beginningOf('a,b\n1,2\n'))).toBe(undefined);
    expect(encodingOf(chosen, await beginningOf(Buffer.from([0, 0, 0, 0, 1, 2])))).toBe(undefined);
  });

  it('ends with an error where it is none', async () => {
    const half = little.subarray(0, little.length - 1);
    await expect(read(toUtf8(chunksOf(half, 5), 'utf-16le'))).rejects.toThrow(/not UTF-16LE between/);
    const alone = Buffer.from([...little, 0x3d, 0xd8, 0x61, 0]);
    await expect(read(toUtf8(chunksOf(alone, 5), 'utf-16le'))).rejects.toThrow(/not UTF-16LE between/);
  });
});

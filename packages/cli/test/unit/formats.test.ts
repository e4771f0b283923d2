import { describe, expect, it } from 'vitest';
import { NO_POSITION, readBlocks } from '../../dist/ingest/blocks.js';
import { createFormat } from '../../dist/ingest/create-format.js';
import type { FormatOptions } from '../../dist/ingest/format.js';

const DEFAULTS = { raw: false, delimiter: ',', lossless: false } as const;

async function parse(
  input: string | Buffer,
  options: Partial<FormatOptions> & Pick<FormatOptions, 'format'>,
) {
  const format = createFormat({ ...DEFAULTS, ...options });
  const results: string[] = [];
  const blocks = readBlocks(
    (async function* () {
      yield Buffer.from(input);
    })(),
    {
      scanner: format.scanner,
      maxRecordBytes: 1000,
      start: NO_POSITION,
    },
  );
  for await (const block of blocks) {
    if (block.kind === 'oversize') continue;
    format.parse(block, (outcome) => {
      if (outcome.kind === 'entry') results.push(`${outcome.table}: ${Buffer.from(outcome.payload)}`);
      else if (outcome.kind === 'reject') results.push(`! ${outcome.reason}`);
      else results.push(outcome.kind);
    });
  }
  return results;
}

describe('NDJSON', () => {
  const by = (input: string | Buffer) => parse(input, { format: 'ndjson', tableBy: 'h' });

  it('keeps the bytes of each line as they stand', async () => {
    expect(await by('{ "h" : "a" ,  "v": 1.0 }\n{"h":"b"}')).toEqual([
      'a: { "h" : "a" ,  "v": 1.0 }',
      'b: {"h":"b"}',
    ]);
  });

  it('names tables by strings, numbers and booleans', async () => {
    expect(await by('{"h":"x"}\n{"h":1.5}\n{"h":7}\n{"h":false}\n')).toEqual([
      'x: {"h":"x"}',
      '1.5: {"h":1.5}',
      '7: {"h":7}',
      'false: {"h":false}',
    ]);
  });

  it.each([
    ['{"h":', 'not-json'],
    ['[1]', 'not-an-object'],
    ['null', 'not-an-object'],
    ['{"g":1}', 'field-missing'],
    ['{"h":null}', 'field-type'],
    ['{"h":[1]}', 'field-type'],
    ['{"h":12345678901234567890}', 'field-type'],
    ['{"h":""}', 'table-name'],
    ['{"h":".ingest/a"}', 'table-name'],
    ['{"h":"\\ud800"}', 'table-name'],
    [`{"h":"${'x'.repeat(513)}"}`, 'table-name'],
  ])('rejects %s', async (line, reason) => {
    expect(await by(`${line}\n{"h":"good"}\n`)).toEqual([`! ${reason}`, 'good: {"h":"good"}']);
  });

  it('rejects what is not UTF-8, and only that line', async () => {
    const input = Buffer.concat([
      Buffer.from('{"h":"a"}\n{"h":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"h":"b"}\n'),
    ]);
    expect(await by(input)).toEqual(['a: {"h":"a"}', '! not-utf8', 'b: {"h":"b"}']);
  });

  it('finds a field that is called __proto__, and none that is inherited', async () => {
    expect(await parse('{"__proto__":"p"}', { format: 'ndjson', tableBy: '__proto__' })).toEqual([
      'p: {"__proto__":"p"}',
    ]);
    expect(await parse('{"a":1}', { format: 'ndjson', tableBy: 'toString' })).toEqual(['! field-missing']);
  });

  it('strips a carriage return, skips empty lines and a byte order mark', async () => {
    expect(await by('\ufeff{"h":"a"}\r\n\r\n\n{"h":"b"}\r\n')).toEqual([
      'a: {"h":"a"}',
      'empty',
      'empty',
      'b: {"h":"b"}',
    ]);
  });

  it('takes any JSON value when all goes to one table, and still rejects what is none', async () => {
    expect(await parse('1\n"x"\nx\n', { format: 'ndjson', table: 't' })).toEqual([
      't: 1',
      't: "x"',
      '! not-json',
    ]);
  });
});

describe('plain lines', () => {
  it('take any bytes', async () => {
    const bytes = Buffer.from([0xff, 0, 13, 65, 10]);
    expect(await parse(bytes, { format: 'lines', table: 't' })).toEqual([`t: ${bytes.subarray(0, 4)}`]);
  });

  it('lose a carriage return at the end and empty lines, unless lossless', async () => {
    expect(await parse('a\r\n\nb', { format: 'lines', table: 't' })).toEqual(['t: a', 'empty', 't: b']);
    expect(await parse('a\r\n\nb', { format: 'lines', table: 't', lossless: true })).toEqual([
      't: a\r',
      't: ',
      't: b',
    ]);
  });

  it('cannot be spread over tables', async () => {
    await expect(parse('a', { format: 'lines', tableBy: 'x' })).rejects.toThrow(/--table-by/);
  });
});

describe('JSON', () => {
  const array = (input: string) => parse(input, { format: 'json', layout: 'array', table: 't' });
  const values = (input: string) => parse(input, { format: 'json', layout: 'values', table: 't' });

  it('takes each element of an array as a line of its own, whatever is in it', async () => {
    expect(
      await array('\ufeff [\n {"a": 1.0,\n "b c": "x \\" ]} \\\\"} , 2,[3, [4]],"s", null,{}\n]\n'),
    ).toEqual([
      't: {"a":1.0,"b c":"x \\" ]} \\\\"}',
      't: 2',
      't: [3,[4]]',
      't: "s"',
      't: null',
      't: {}',
      'header',
    ]);
    expect(await array('[]')).toEqual(['header', 'header']);
    expect(await array('[[],[]]')).toEqual(['t: []', 't: []', 'header']);
  });

  it('takes values one after another, and spread over lines', async () => {
    expect(await values('{\n  "a": 1\n}\n{"a":2} 3\n"x"true\n')).toEqual([
      't: {"a":1}',
      't: {"a":2}',
      't: 3',
      't: "x"',
      't: true',
      'header',
    ]);
  });

  it.each([
    ['[1 2]', ['t: 1', '! not-json', 'header']],
    ['[1,,2]', ['t: 1', '! not-json', 'header']],
    ['[1,]', ['t: 1', '! not-json', 'header']],
    ['[1],[2]', ['t: 1', 'header', '! not-json']],
    ['[1] {"a":2}', ['t: 1', 'header', '! not-json']],
    ['[{"a":1,}, {"a":2}]', ['! not-json', 't: {"a":2}', 'header']],
    ['[{"a":1}, {"a', ['t: {"a":1}', '! not-json']],
    ['[1,"a\nb"]', ['t: 1', '! not-json', 'header']],
  ])('what is none of %j is rejected', async (input, outcomes) => {
    expect(await array(input)).toEqual(outcomes);
  });

  it('gives nothing up of a value that is too long, for what is within it is no value', async () => {
    const long = `[1,\n{"a":\n{"b":"${'x'.repeat(2000)}"}}]`;
    await expect(array(long)).rejects.toThrow(/begins on line 1 \(byte 2\) is longer than 1000 B/);
  });
});

describe('CSV', () => {
  it('makes a JSON object of each row', async () => {
    expect(await parse('s,p\nA,1\nB,"x, ""y"""\n', { format: 'csv', tableBy: 's' })).toEqual([
      'header',
      'A: {"s":"A","p":"1"}',
      'B: {"s":"B","p":"x, \\"y\\""}',
    ]);
  });

  it('keeps the text of each record with raw', async () => {
    expect(await parse('s,p\r\nA,"1\n2"\r\n', { format: 'csv', tableBy: 's', raw: true })).toEqual([
      'header',
      'A: A,"1\n2"',
    ]);
  });

  it('rejects rows of the wrong width or syntax, and keeps the good ones around them', async () => {
    expect(
      await parse('s,p\nA,1\nA\nA,1,2\nA,"x\nA,x"y\nA,2\n', { format: 'csv', table: 't', raw: true }),
    ).toEqual([
      'header',
      't: A,1',
      '! csv-columns',
      '! csv-columns',
      '! csv-syntax',
      '! csv-syntax',
      't: A,2',
    ]);
  });

  it('rejects a row that is not UTF-8', async () => {
    const input = Buffer.concat([Buffer.from('s\na\n'), Buffer.from([0xff, 10]), Buffer.from('b\n')]);
    expect(await parse(input, { format: 'csv', tableBy: 's' })).toEqual([
      'header',
      'a: {"s":"a"}',
      '! not-utf8',
      'b: {"s":"b"}',
    ]);
  });

  it('skips empty lines and a byte order mark', async () => {
    expect(await parse('\ufeffs\n\na\n\r\n', { format: 'csv', tableBy: 's' })).toEqual([
      'header',
      'empty',
      'a: {"s":"a"}',
      'empty',
    ]);
  });

  it('takes a header column called __proto__ as a name like any other', async () => {
    expect(await parse('__proto__,b\n1,2\n', { format: 'csv', table: 't' })).toEqual([
      'header',
      't: {"__proto__":"1","b":"2"}',
    ]);
  });

  it('refuses a header without the column', async () => {
    await expect(parse('a,b\n', { format: 'csv', tableBy: 'c' })).rejects.toThrow(/no column "c"/);
  });

  it('gives columns names of their own where the header does not', async () => {
    const csv = { format: 'csv', table: 't' } as const;
    expect(await parse(',a,a,a.1,a,\n1,2,3,4,5,6\n', csv)).toEqual([
      'header',
      't: {"column1":"1","a":"2","a.2":"3","a.1":"4","a.3":"5","column6":"6"}',
    ]);
    expect(await parse('column2,\n1,2\n', csv)).toEqual(['header', 't: {"column2":"1","column2.1":"2"}']);
  });

  it('takes no header that comes again for an entry, however often files were joined', async () => {
    const csv = { format: 'csv', table: 't' } as const;
    expect(await parse('\ufeffa,b\n1,2\n\ufeffa,b\n3,4\n\ufeff5,6\n"a",b\n', csv)).toEqual([
      'header',
      't: {"a":"1","b":"2"}',
      '! repeated-header',
      't: {"a":"3","b":"4"}',
      't: {"a":"5","b":"6"}',
      '! repeated-header',
    ]);
  });

  it('takes a line that says what is between the fields for no header', async () => {
    for (const line of ['sep=;', '"sep=;"', 'SEP=;\r']) {
      expect(await parse(`${line}\na;b\n1;2\n`, { format: 'csv', table: 't', delimiter: ';' })).toEqual([
        'header',
        'header',
        't: {"a":"1","b":"2"}',
      ]);
    }
  });

  it('takes lines that end with a carriage return alone', async () => {
    const csv = { format: 'csv', table: 't', lineEnd: 'cr' } as const;
    expect(await parse('a,b\r1,"x\ry"\r\r3,"x\ny"', csv)).toEqual([
      'header',
      't: {"a":"1","b":"x\\ry"}',
      'empty',
      't: {"a":"3","b":"x\\ny"}',
    ]);
    expect(await parse('a,b\r1,2\r', { ...csv, raw: true })).toEqual(['header', 't: 1,2']);
    expect(await parse('one\rtwo\r', { ...csv, format: 'lines' })).toEqual(['t: one', 't: two']);
  });

  it('knows other delimiters', async () => {
    expect(await parse('s\tp\nA\t1,5\n', { format: 'csv', tableBy: 's', delimiter: '\t' })).toEqual([
      'header',
      'A: {"s":"A","p":"1,5"}',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { CsvDialect } from '../../dist/ingest/csv-dialect.js';
import { CsvScanner, LineScanner } from '../../dist/ingest/scanner.js';

const scan = (text: string, final = true, dialect: Partial<CsvDialect> = {}) => {
  const bytes = Buffer.from(text);
  const { ends } = new CsvScanner({ delimiter: ',', ...dialect }).scan(bytes, final);
  return ends.map((end, i) => bytes.toString('utf8', ends[i - 1] ?? 0, end));
};

describe('lines', () => {
  it('end at newlines, and at the end of the input', () => {
    const scanner = new LineScanner();
    expect(scanner.scan(Buffer.from('a\n\nb'), true).ends).toEqual([2, 3, 4]);
    expect(scanner.scan(Buffer.from('a\n\nb'), false).ends).toEqual([2, 3]);
    expect(scanner.scan(Buffer.from(''), true).ends).toEqual([]);
  });
});

describe('CSV records', () => {
  it('may hold newlines, delimiters and doubled quotes in quotes', () => {
    expect(scan('a,"b\nc",d\ne,"f""\n""g,",h\n')).toEqual(['a,"b\nc",d\n', 'e,"f""\n""g,",h\n']);
  });

  it('count their physical lines', () => {
    const { ends, lineCounts } = new CsvScanner({ delimiter: ',' }).scan(
      Buffer.from('a,"b\nc\nd"\ne,"f"\ng'),
      true,
    );
    expect([ends.length, lineCounts]).toEqual([3, [3, 1, 1]]);
  });

  it('wait for more input while a quote is open', () => {
    expect(scan('a\nb,"c\nd', false)).toEqual(['a\n']);
    expect(scan('a\nb,"c"', false)).toEqual(['a\n']);
  });

  it('lose one line to a quote that never closes', () => {
    expect(scan('a,"b\nc,d\ne\n')).toEqual(['a,"b\n', 'c,d\n', 'e\n']);
  });

  it('lose one line to text after a closing quote', () => {
    expect(scan('"a\nb,"c",d\ne\n')).toEqual(['"a\n', 'b,"c",d\n', 'e\n']);
  });

  it('take a quote inside an unquoted field as text', () => {
    expect(scan('a,5" x\n"b"\n')).toEqual(['a,5" x\n', '"b"\n']);
  });

  it('know other delimiters', () => {
    expect(scan('a\t"b\n"\tc\n', true, { delimiter: '\t' })).toEqual(['a\t"b\n"\tc\n']);
  });

  it('know other quotes, what escapes them, and space around them', () => {
    const single = { quote: "'", escapedBy: '\\' };
    expect(scan("a,'b\\'\n',c\nd\"\n", true, single)).toEqual(["a,'b\\'\n',c\n", 'd"\n']);
    expect(scan("'a\\", false, single)).toEqual([]);
    expect(scan('a,"b\nc\n', true, { quote: '' })).toEqual(['a,"b\n', 'c\n']);
    const spaced = 'a, \u3000"b\n" \t,c\n"d" \n';
    expect(scan(spaced, true, { trim: true })).toEqual(['a, \u3000"b\n" \t,c\n', '"d" \n']);
    expect(scan(spaced)).toEqual(['a, \u3000"b\n', '" \t,c\n', '"d" \n']);
    // What follows the space is not known yet.
    expect(scan('"a" ', false, { trim: true })).toEqual([]);
  });
});

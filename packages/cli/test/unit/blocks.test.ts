import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_POSITION, readBlocks } from '../../dist/ingest/blocks.js';
import { CsvScanner, LineScanner, type RecordScanner } from '../../dist/ingest/scanner.js';

async function* chunksOf(text: string, sizes: readonly number[]) {
  const bytes = Buffer.from(text);
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** Records with their line numbers; long lines as one item. */
async function cut(text: string, sizes: readonly number[], scanner: RecordScanner, maxRecordBytes = 1000) {
  const records: { line: number; offset: number; text: string; long: boolean }[] = [];
  let long = '';
  let end = NO_POSITION;
  for await (const block of readBlocks(chunksOf(text, sizes), {
    scanner,
    maxRecordBytes,
    start: NO_POSITION,
  })) {
    expect(block.start).toEqual(end);
    end = block.end;
    if (block.kind === 'oversize') {
      long += block.bytes.toString();
      if (!block.last) continue;
      records.push({
        line: block.end.line,
        offset: block.end.offset - Buffer.byteLength(long),
        text: long,
        long: true,
      });
      long = '';
      continue;
    }
    let start = 0;
    let line = block.start.line;
    block.ends.forEach((recordEnd, i) => {
      const record = block.bytes.toString('utf8', start, recordEnd);
      records.push({ line: line + 1, offset: block.start.offset + start, text: record, long: false });
      line += block.lineCounts?.[i] ?? 1;
      start = recordEnd;
    });
    expect(line).toBe(block.end.line);
  }
  expect(end.offset).toBe(Buffer.byteLength(text));
  return records;
}

const text = fc.stringMatching(/^[ab,"\n]*$/, { maxLength: 200 });
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

describe('cutting an input into records', () => {
  it('does not depend on how lines arrive', async () => {
    await fc.assert(
      fc.asyncProperty(text, sizes, async (input, pieces) => {
        const records = await cut(input, pieces, new LineScanner());
        expect(records.map((record) => record.text)).toEqual(input.match(/[^\n]*\n|[^\n]+$/g) ?? []);
        expect(records.map((record) => record.line)).toEqual(records.map((_, i) => i + 1));
      }),
    );
  });

  it('does not depend on how CSV arrives', async () => {
    await fc.assert(
      fc.asyncProperty(text, sizes, async (input, pieces) => {
        const scanner = new CsvScanner({ delimiter: ',' });
        expect(await cut(input, pieces, scanner)).toEqual(await cut(input, [1000], scanner));
      }),
    );
  });

  it('loses no byte and no line number, whatever is too long', async () => {
    await fc.assert(
      fc.asyncProperty(text, sizes, fc.integer({ min: 1, max: 20 }), async (input, pieces, max) => {
        for (const scanner of [new LineScanner(), new CsvScanner({ delimiter: ',' })]) {
          const records = await cut(input, pieces, scanner, max);
          expect(records.map((record) => record.text).join('')).toBe(input);
          for (const record of records) {
            expect(record.line).toBe(input.slice(0, record.offset).split('\n').length);
            if (!record.long) expect(record.text.length).toBeLessThanOrEqual(max);
          }
        }
      }),
    );
  });

  it('hands on a line that is too long in pieces, and goes on after it', async () => {
    const records = await cut(`a\n${'x'.repeat(100)}\nb\n`, [7], new LineScanner(), 10);
    expect(records.map(({ line, text: record, long }) => [line, record.length, long])).toEqual([
      [1, 2, false],
      [2, 101, true],
      [3, 2, false],
    ]);
  });

  it.each([new LineScanner(), new CsvScanner({ delimiter: ',' })])(
    'goes through a long line once, however small its pieces are',
    async (scanner) => {
      let scanned = 0;
      const counting: RecordScanner = {
        newline: scanner.newline,
        isOfLines: true,
        scan: (bytes, final) => {
          scanned += bytes.length;
          return scanner.scan(bytes, final);
        },
      };
      const line = `"${'x'.repeat(1 << 18)}"\n`;
      const records = await cut(`a\n${line}b\n`, [64], counting, 1 << 20);
      expect(records.map(({ text: record }) => record.length)).toEqual([2, line.length, 2]);
      expect(scanned).toBeLessThan(3 * line.length);
    },
  );

  it('leaves an unfinished line alone when the input was cut off', async () => {
    const blocks = readBlocks(chunksOf('a\nbc', [1]), {
      scanner: new LineScanner(),
      maxRecordBytes: 10,
      start: NO_POSITION,
      isCut: () => true,
    });
    const seen: string[] = [];
    for await (const block of blocks) seen.push(block.bytes.toString());
    expect(seen.join('')).toBe('a\n');
  });
});

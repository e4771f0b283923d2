import { createFormat, type FormatOptions, readBlocks } from '#internals/ingest';
import { require, same, type Target, utf8 } from '../target.js';

/** Of each input, the bytes before the text: what options it is read with, and where it is cut. */
const HEAD = 8;

interface Item {
  readonly offset: number;
  readonly line: number;
  readonly what: string;
}

/** What an ingest makes of a text that comes in pieces. */
interface Outcome {
  readonly items: readonly Item[];
  readonly bytes: Uint8Array;
  /** The code of the error that ended it. */
  readonly error: string | null;
}

/** Whatever the pieces a text comes in, the same records must come of it, and all its bytes be accounted for. */
function target(
  format: FormatOptions['format'],
  tokens: readonly string[],
  seeds: readonly string[],
): Target {
  return {
    name: `shell-${format}`,
    maxBytes: 1024,
    tokens: [
      ...tokens.map(utf8),
      Uint8Array.of(0xff),
      Uint8Array.of(0xef, 0xbb, 0xbf),
      Uint8Array.of(13, 10),
      Uint8Array.of(13),
    ],
    seeds: seeds.flatMap((text) =>
      [0, 1, 2, 4, 5, 12, 16, 32, 64, 96, 128].map((flags) =>
        Uint8Array.from([flags, 200, 3, 1, 5, 2, 9, 4, ...utf8(text)]),
      ),
    ),
    async run(input) {
      if (input.length < HEAD) return;
      const flags = input[0] ?? 0;
      const options: FormatOptions = {
        format,
        ...((flags & 1) !== 0 && format !== 'lines' ? { tableBy: 'host' } : { table: 't' }),
        raw: format === 'csv' && (flags & 2) !== 0,
        delimiter: (flags & 8) !== 0 ? ';' : ',',
        lossless: (flags & 4) !== 0,
        ...((flags & 16) !== 0 && format !== 'json' ? { lineEnd: 'cr' } : {}),
        ...(format === 'csv' && (flags & 32) !== 0 ? { quote: "'", escapedBy: '\\' } : {}),
        ...(format === 'csv' && (flags & 64) !== 0 ? { trim: true } : {}),
        ...(format === 'csv' && (flags & 128) !== 0 ? { header: false } : {}),
        ...(format === 'json' ? { layout: (flags & 16) !== 0 ? 'array' : 'values' } : {}),
      };
      const maxRecordBytes = 1 + (input[1] ?? 0);
      const text = Buffer.from(input.subarray(HEAD));
      const whole = await read([text], options, maxRecordBytes);
      const cuts = await read(cut(text, input.subarray(2, HEAD)), options, maxRecordBytes);
      const bytewise = await read(
        [...text].map((byte) => Buffer.of(byte)),
        options,
        maxRecordBytes,
      );
      for (const other of [cuts, bytewise]) {
        require(other.error ===
          whole.error, `ends with ${other.error} in pieces and with ${whole.error} whole`);
        // After an error nothing counts; before it all must be the same.
        require(JSON.stringify(other.items) ===
          JSON.stringify(
            whole.items,
          ), `is ${JSON.stringify(other.items)} in pieces and ${JSON.stringify(whole.items)} whole`);
        if (whole.error === null) require(same(other.bytes, text), 'loses bytes');
      }
    },
  };
}

function cut(text: Buffer, lengths: Uint8Array): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const end = at + 1 + (lengths[i % lengths.length] ?? 0);
    pieces.push(text.subarray(at, end));
    at = end;
  }
  return pieces;
}

async function read(
  pieces: readonly Buffer[],
  options: FormatOptions,
  maxRecordBytes: number,
): Promise<Outcome> {
  const items: Item[] = [];
  const parts: Buffer[] = [];
  try {
    const format = createFormat(options);
    const start = { offset: 0, line: 0 };
    const chunks = (async function* () {
      yield* pieces;
    })();
    let long = '';
    let begun = start;
    for await (const block of readBlocks(chunks, { scanner: format.scanner, maxRecordBytes, start })) {
      parts.push(Buffer.from(block.bytes));
      if (block.kind === 'oversize') {
        if (block.first) begun = block.start;
        long = (block.first ? '' : long) + block.bytes.toString('hex');
        if (block.last) items.push({ ...begun, what: `too long: ${long}` });
        continue;
      }
      let { line } = block.start;
      format.parse(block, (outcome, index, from, end) => {
        const bytes = block.bytes.subarray(from, end).toString('hex');
        const what =
          outcome.kind === 'entry'
            ? `${outcome.table} ${Buffer.from(outcome.payload).toString('hex')}`
            : outcome.kind === 'reject'
              ? `${outcome.reason}`
              : '';
        items.push({ offset: block.start.offset + from, line, what: `${outcome.kind} ${bytes} ${what}` });
        line += block.lineCounts?.[index] ?? 1;
      });
      require(line === block.end.line, `counts ${line} lines of ${block.end.line}`);
    }
    return { items, bytes: Buffer.concat(parts), error: null };
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CLI_')) {
      return { items: [], bytes: Buffer.concat(parts), error: String(error.code) };
    }
    throw error;
  }
}

/** NDJSON, as `shale ingest` takes it. */
export const shellNdjson: Target = target(
  'ndjson',
  ['{"host":"', '"}\n', '\n', '\r\n', '\\u0000', '{"host":1}', '\\ud800', '[', '1e400', '"__proto__"'],
  ['{"host":"a","v":1}\n{"host":"b"}\n\n{"host":7}\r\nnot json\n{"v":2}', '1\n"x"\nnull\n'],
);

/** CSV. */
export const shellCsv: Target = target(
  'csv',
  ['"', '""', ',', ';', '\n', '\r\n', 'host', '"\n"', '\r', '",', "'", "\\'", ' ', ' "', '" ', 'column1'],
  [
    "host,v\na, 'b\\'\n' \n'c', \"d \"\n \n",
    'host,v\na,1\n"b,c","x\ny"\r\n\nd\n"e"f,2\ng,"h',
    'host;v\n"a;""b""";1\n',
  ],
);

/** JSON that is not a value for each line. */
export const shellJson: Target = target(
  'json',
  ['{"host":"', '"}', '[', ']', ',', '"', '\\"', ' ', '\n', '{', '}', 'null', '1e9', '[]', '],['],
  [
    '[{"host":"a","v":1},\n {"host":"b", "v":[1,{}]}, 7, "x\\"]", [] ]\n',
    '{\n "host": "a"\n}\n{"host":1}2 "x" [',
    '[1 2,,3],4',
  ],
);

/** Plain lines. */
export const shellLines: Target = target('lines', ['\n', '\r\n', '\n\n', '\r'], ['a\nb\r\n\nc', '\n\n']);

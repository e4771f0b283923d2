import { fromLine, Lines, readRequest, toLine } from '#internals/engine';
import { require, type Target, typed, utf8 } from '../target.js';

const MOST_BYTES = 512;

const REQUESTS: readonly string[] = [
  'hello',
  'metrics',
  'tables',
  'consumers',
  'positions',
  'seek',
  'dropConsumer',
  'retentions',
  'retain',
  'follow',
  'next',
];

/** What another process says to one that lets it look in: bytes, in pieces as the system cuts them. */
export const inspectRequest: Target = {
  name: 'inspect-request',
  maxBytes: 2048,
  tokens: [
    utf8('\n'),
    utf8('{"is":'),
    utf8('"follow"'),
    utf8('"hello"'),
    utf8('"target":{"name":"t"}'),
    utf8('"from":{"after":{"u64":"1"}}'),
    utf8('{"u64":"18446744073709551615"}'),
    utf8('"visibility":"durable"'),
    utf8('[[[['),
  ],
  seeds: [
    utf8('{"is":"hello"}\n{"is":"metrics"}\n{"is":"tables"}\n{"is":"next"}\n'),
    utf8(
      '{"is":"follow","target":{"region":{"u64":"1"},"table":{"u64":"2"}},"from":{"last":3},"visibility":"durable"}\n',
    ),
    utf8('{"is":"follow","target":"all","from":"end","visibility":"acknowledged"}\n'),
    utf8('{"is":"consumers"}\n{"is":"dropConsumer","consumer":"c"}\n'),
    utf8('{"is":"positions","consumer":"c","from":{"region":{"u64":"1"},"table":{"u64":"2"}}}\n'),
    utf8(
      '{"is":"retentions"}\n{"is":"retain","target":{"prefix":"o"},"options":{"keep":{"entries":{"u64":"7"}},"atMost":"disk"}}\n',
    ),
    utf8('{"is":"retain","target":"all","options":null}\n'),
    utf8('{"is":"seek","consumer":"c","table":{"name":"t"},"to":{"after":{"u64":"7"}}}\n'),
  ],
  run(input) {
    const whole = linesOf(input, input.length);
    const pieces = linesOf(input, 7);
    require(whole.join('\n') === pieces.join('\n'), 'other lines come of the same bytes in pieces');
    for (const line of whole) {
      require(Buffer.byteLength(line) <= 3 * MOST_BYTES, 'a line is longer than is taken');
      const said = syntax(() => fromLine(line));
      if (said === undefined) continue;
      const request = typed(['SHALE_INVALID_ARGUMENT'], () => readRequest(said));
      if (request === undefined) continue;
      require(REQUESTS.includes(request.is), 'it is no request');
      const again = readRequest(fromLine(toLine(request).trimEnd()));
      require(toLine(again) === toLine(request), 'a request is another one when it is said again');
    }
  },
};

/** The lines up to one that is too long, taken in pieces of so many bytes. */
function linesOf(input: Uint8Array, bytes: number): string[] {
  const lines = new Lines(MOST_BYTES);
  const found: string[] = [];
  try {
    for (let at = 0; at < input.length; at += bytes) {
      let rest = Buffer.from(input.subarray(at, at + bytes));
      for (let next = lines.take(rest); next !== null; next = lines.take(rest)) {
        found.push(next.line);
        rest = rest.subarray(next.taken);
        if (rest.length === 0) break;
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

function syntax(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

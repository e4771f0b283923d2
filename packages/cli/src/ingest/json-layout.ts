import type { Beginning } from './beginning.js';
import type { FormatOptions } from './format.js';
import { type JsonLayout, JsonScanner } from './json-scanner.js';

/**
 * How the values of a JSON input stand; undefined for NDJSON. `isLenient`: NDJSON is expected, but other JSON is taken as
 * what it is.
 */
export function layoutOf(
  format: FormatOptions['format'],
  isLenient: boolean,
  { head, isWhole }: Beginning,
): JsonLayout | undefined {
  if (format !== 'json' && !(format === 'ndjson' && isLenient)) return undefined;
  const text = head.toString('utf8').replace(/^\uFEFF/, '');
  const isArray = text.trimStart().startsWith('[');
  if (format === 'json') return isArray ? 'array' : 'values';
  const [first = '', ...more] = text.trimStart().split('\n');
  if (!isJson(first)) {
    if (isArray) return 'array';
    return isValueOverLines(text) ? 'values' : undefined;
  }
  // The only line is one array; with more of them each may be one.
  const isOnlyLine = isWhole && more.every((line) => line.trim() === '');
  return isArray && isOnlyLine ? 'array' : undefined;
}

/** Whether it begins with a JSON value that does not end with its first line. */
function isValueOverLines(text: string): boolean {
  const bytes = Buffer.from(text);
  const span = new JsonScanner('values').span(bytes, 0, false);
  if (span === null) return false;
  const value = bytes.toString('utf8', span.valueStart, span.end);
  return value.includes('\n') && isJson(value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

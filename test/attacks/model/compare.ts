import type { ModelEntry } from './wal-model.js';

/** Throws unless both are the same entries with the same bytes, and says where they part. */
export function requireSame(
  what: string,
  actual: readonly ModelEntry[],
  expected: readonly ModelEntry[],
): void {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++) {
    const a = actual[i];
    const e = expected[i];
    if (a !== undefined && e !== undefined && isSame(a, e)) continue;
    throw new Error(`${what}: entry ${i} is ${show(a)} and must be ${show(e)}`);
  }
}

/** Whether both are the same entry with the same bytes. */
export function isSame(a: ModelEntry, b: ModelEntry): boolean {
  return a.sequence === b.sequence && Buffer.compare(a.payload, b.payload) === 0;
}

/** Throws unless both print the same. */
export function requireEqual(what: string, actual: unknown, expected: unknown): void {
  const [a, e] = [print(actual), print(expected)];
  if (a !== e) throw new Error(`${what} is ${a} and must be ${e}`);
}

function print(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? '-';
}

function show(entry: ModelEntry | undefined): string {
  if (entry === undefined) return 'missing';
  const { sequence, payload } = entry;
  return `${sequence} (${payload.length} bytes: ${Buffer.from(payload.subarray(0, 8)).toString('hex')})`;
}

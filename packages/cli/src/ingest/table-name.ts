import { type Outcome, reject } from './record.js';

/** Tables whose names begin like this hold the journals of ingests; they are hidden, and no input may write to them. */
export const JOURNAL_PREFIX = '.ingest/';

/** Bytes of UTF-8 that a table's name may have (it is stored in the catalog of names). */
export const MAX_TABLE_NAME_BYTES = 512;

// Such a name could not be told apart from others once it is UTF-8.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Says what is wrong with a table name, or `undefined` when it can be used. */
export function tableNameProblem(name: string): string | undefined {
  if (name === '') return 'a table name cannot be empty';
  if (name.startsWith(JOURNAL_PREFIX)) return `table names beginning with "${JOURNAL_PREFIX}" are reserved`;
  // A UTF-16 unit is at most three bytes of UTF-8: most names need no counting.
  if (name.length * 3 > MAX_TABLE_NAME_BYTES && Buffer.byteLength(name) > MAX_TABLE_NAME_BYTES) {
    return `a table name cannot be longer than ${MAX_TABLE_NAME_BYTES} bytes`;
  }
  if (LONE_SURROGATE.test(name)) return 'a table name must be well-formed Unicode';
  return undefined;
}

/** The table named by a field's value: strings, numbers and booleans name tables. */
export function tableFromValue(value: unknown, field: string): { name: string } | { problem: Outcome } {
  if (typeof value === 'string') {
    const problem = tableNameProblem(value);
    return problem === undefined
      ? { name: value }
      : { problem: reject('table-name', `${field}: ${problem}`) };
  }
  if (typeof value === 'number') {
    // Beyond 2^53 several numbers of the input would become one table.
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return {
        problem: reject(
          'field-type',
          `${field}: the number is too large to name a table exactly; make it a string`,
        ),
      };
    }
    return { name: String(value) };
  }
  if (typeof value === 'boolean') return { name: String(value) };
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
  return {
    problem: reject('field-type', `${field} is ${kind}; a table is named by a string, number or boolean`),
  };
}

import type { CauseData, ErrorData } from '../errors/error-data.js';

/** The fields of ErrorData and of the objects in it, before their types are checked. */
type Unchecked = Partial<
  Record<
    'code' | 'message' | 'name' | 'stack' | 'path' | 'table' | 'tableName' | 'region' | 'details' | 'cause',
    unknown
  >
>;

/** Deeper than any chain of causes that is ever sent. */
const MAX_DEPTH = 16;

/** Whether a decoded value has the shape of ErrorData. Its code may be from another version. */
export function isErrorData(value: unknown): value is ErrorData {
  return (
    isObject(value) &&
    typeof value.code === 'string' &&
    typeof value.message === 'string' &&
    isOptionalString(value.stack) &&
    isOptionalString(value.path) &&
    isOptionalTable(value.table) &&
    isOptionalString(value.tableName) &&
    isOptionalDetails(value.details) &&
    (value.cause === undefined || isCauseData(value.cause, 1))
  );
}

function isCauseData(value: unknown, depth: number): value is CauseData {
  return (
    depth <= MAX_DEPTH &&
    isObject(value) &&
    typeof value.name === 'string' &&
    typeof value.message === 'string' &&
    isOptionalString(value.code) &&
    isOptionalString(value.stack) &&
    (value.cause === undefined || isCauseData(value.cause, depth + 1))
  );
}

function isObject(value: unknown): value is Readonly<Unchecked> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isOptionalTable(value: unknown): boolean {
  return (
    value === undefined ||
    (isObject(value) && typeof value.region === 'bigint' && typeof value.table === 'bigint')
  );
}

function isOptionalDetails(value: unknown): boolean {
  return (
    value === undefined ||
    (isObject(value) &&
      Object.values(value).every((one) => ['string', 'number', 'bigint', 'boolean'].includes(typeof one)))
  );
}

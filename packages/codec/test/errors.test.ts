import { ERROR_CODES, ERROR_INFO, type ErrorData, errorFromData, errorToData, WalError } from '@shale/codec';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';

const full = new WalError('SHALE_TRIMMED', 'entries 1 to 4 are gone', {
  path: '/data',
  table: { region: 2n ** 64n - 1n, table: 7n },
  tableName: 'orders',
  details: { expected: 1n, first: 5n, attempts: 2, field: 'sequence', fatal: false },
  cause: Object.assign(new RangeError('inner', { cause: new Error('innermost') }), { code: 'ENOSPC' }),
});

test('every code has a meaning, a remedy, and says whether to retry', () => {
  expect(Object.keys(ERROR_INFO).sort()).toEqual([...ERROR_CODES].sort());
  for (const code of ERROR_CODES) {
    const info = ERROR_INFO[code];
    expect(info.meaning, code).toMatch(/^[A-Z].+\.$/);
    expect(info.remedy, code).toMatch(/^[A-Z].+\.$/);
    expect(new WalError(code, 'x').canRetry).toBe(info.canRetry);
  }
});

test('a WalError is an Error by name, and has only the properties it was given', () => {
  const error = new WalError('SHALE_CLOSED', 'the WAL is closed');
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe('WalError: the WAL is closed');
  expect(Object.keys(error).sort()).toEqual(['canRetry', 'code']);
  expect('cause' in error).toBe(false);
});

test('a WalError of another copy of the package is one, and nothing else is', async () => {
  const copy = new URL('../dist/bundle.js?copy', import.meta.url).href;
  const other: { WalError: typeof WalError } = await import(copy);
  const error = new other.WalError('SHALE_CLOSED', 'x');
  expect([other.WalError === WalError, error instanceof WalError]).toEqual([false, true]);
  expect(new WalError('SHALE_CLOSED', 'x') instanceof other.WalError).toBe(true);
  for (const each of [
    new Error('x'),
    { code: 'SHALE_CLOSED' },
    null,
    undefined,
    'x',
    WalError.prototype.constructor,
  ]) {
    expect(each instanceof WalError).toBe(false);
  }
});

test('a class that extends WalError has only its own errors as instances', () => {
  class Mine extends WalError {}
  const mine = new Mine('SHALE_CLOSED', 'x');
  expect([mine instanceof Mine, mine instanceof WalError]).toEqual([true, true]);
  expect(new WalError('SHALE_CLOSED', 'x') instanceof Mine).toBe(false);
});

test('the ids of a WalError are its own', () => {
  const table = { region: 1n, table: 2n };
  const error = new WalError('SHALE_TRIMMED', 'entries are gone', { table });
  Object.assign(error.table ?? {}, { region: 9n });
  expect(table).toEqual({ region: 1n, table: 2n });
  table.table = 9n;
  expect(error.table).toEqual({ region: 9n, table: 2n });
});

describe('an error crosses threads unchanged', () => {
  const packr = new Packr({ useRecords: false });
  test.each([
    ['as it is', (data: ErrorData): ErrorData => data],
    ['by structured clone', (data: ErrorData): ErrorData => structuredClone(data)],
    ['by msgpack', (data: ErrorData): ErrorData => packr.unpack(packr.pack(data))],
  ])('%s', (_, carry) => {
    const arrived = errorFromData(carry(errorToData(full)));
    expect(arrived).toBeInstanceOf(WalError);
    expect(arrived).toMatchObject({
      code: full.code,
      message: full.message,
      canRetry: full.canRetry,
      path: full.path,
      table: full.table,
      details: full.details,
    });
    expect(arrived.stack).toBe(full.stack);
    expect(arrived.cause).toMatchObject({ name: 'RangeError', message: 'inner', code: 'ENOSPC' });
    expect(arrived.cause).toBeInstanceOf(Error);
    if (arrived.cause instanceof Error) expect(arrived.cause.cause).toMatchObject({ message: 'innermost' });
  });

  test('omitted properties stay absent', () => {
    const arrived = errorFromData(structuredClone(errorToData(new WalError('SHALE_IO', 'broken'))));
    expect(Object.keys(arrived).sort()).toEqual(['canRetry', 'code']);
  });
});

describe('what is not a WalError becomes SHALE_INTERNAL', () => {
  test('an error keeps its name, message and stack', () => {
    const original = new TypeError('x is not a function');
    const arrived = errorFromData(errorToData(original));
    expect(arrived.code).toBe('SHALE_INTERNAL');
    expect(arrived.message).toBe('unexpected TypeError: x is not a function');
    expect(arrived.stack).toBe(original.stack);
    expect(arrived.cause).toMatchObject({ name: 'TypeError', message: 'x is not a function' });
  });

  test.each([
    ['a string', 'text', 'text'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object that is no string', Object.create(null), '[object Object]'],
  ])('%s', (_, thrown, text) => {
    expect(errorToData(thrown)).toMatchObject({ code: 'SHALE_INTERNAL', cause: { message: text } });
  });
});

test('a cycle of causes ends', () => {
  const error = new Error('round');
  error.cause = error;
  const data = errorToData(new WalError('SHALE_IO', 'x', { cause: error }));
  let depth = 0;
  for (let cause = data.cause; cause !== undefined; cause = cause.cause) depth++;
  expect(depth).toBe(8);
});

test('an integer too large for msgpack arrives as its digits', () => {
  const data = errorToData(
    new WalError('SHALE_INVALID_ARGUMENT', 'x', { details: { value: 2n ** 64n, low: -(2n ** 63n) } }),
  );
  expect(data.details).toEqual({ value: '18446744073709551616', low: -(2n ** 63n) });
  expect(new Packr().unpack(new Packr().pack(data))).toMatchObject({ details: data.details });
});

test('a code of another version becomes SHALE_INTERNAL and is named', () => {
  const data: ErrorData = JSON.parse('{"code":"SHALE_FUTURE","message":"m"}');
  const error = errorFromData(data);
  expect(error.code).toBe('SHALE_INTERNAL');
  expect(error.details).toEqual({ code: 'SHALE_FUTURE' });
});

import { WalError } from '@shale/codec';
import { ROCKSDB_ERROR_CODES, RocksDBError, type RocksDBErrorCode } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { toWalError } from '../dist/errors.js';

const table = { region: 1n, table: 2n };

const EXPECTED: Partial<Record<RocksDBErrorCode, string>> = {
  ROCKSDB_LOCKED: 'SHALE_LOCKED',
  ROCKSDB_LOCKS_UNSUPPORTED: 'SHALE_UNSUPPORTED',
  ROCKSDB_NOT_FOUND: 'SHALE_NOT_FOUND',
  ROCKSDB_NO_SPACE: 'SHALE_NO_SPACE',
  ROCKSDB_NO_RESOURCES: 'SHALE_NO_RESOURCES',
  ROCKSDB_POISONED: 'SHALE_POISONED',
  ROCKSDB_CORRUPTION: 'SHALE_CORRUPT',
  ROCKSDB_CLOSED: 'SHALE_CLOSED',
  ROCKSDB_SHUTDOWN_IN_PROGRESS: 'SHALE_CLOSED',
  ROCKSDB_INCOMPLETE: 'SHALE_CLOSED',
  ROCKSDB_EXPIRED: 'SHALE_CLOSED',
  ROCKSDB_READ_ONLY: 'SHALE_READ_ONLY',
  ROCKSDB_LIBRARY_MISSING: 'SHALE_UNSUPPORTED',
  ROCKSDB_NOT_SUPPORTED: 'SHALE_UNSUPPORTED',
  ROCKSDB_OPTIONS_MISMATCH: 'SHALE_INVALID_ARGUMENT',
  ROCKSDB_INVALID_ARGUMENT: 'SHALE_INVALID_ARGUMENT',
};

for (const code of ROCKSDB_ERROR_CODES) {
  test(`${code} becomes ${EXPECTED[code] ?? 'SHALE_IO'} with its cause, path, details and advice`, () => {
    const cause = new RocksDBError(code, 'what RocksDB said', 'someSubcode', 'hard');
    const error = toWalError(cause, { path: '/data/wal', table });
    expect(error).toBeInstanceOf(WalError);
    expect(error).toMatchObject({
      code: EXPECTED[code] ?? 'SHALE_IO',
      path: '/data/wal',
      table,
      cause,
      details: { native: code, subcode: 'someSubcode', severity: 'hard' },
    });
    expect(error.message).toContain('/data/wal: what RocksDB said; ');
  });
}

test('the path that RocksDB names is kept', () => {
  const cause = new RocksDBError('ROCKSDB_IO_ERROR', 'no', 'none', 'none', '/data/wal/000012.log');
  expect(toWalError(cause, { path: '/data/wal' }).path).toBe('/data/wal/000012.log');
});

test('a wrong argument of a native call is an invalid argument, and anything else is internal', () => {
  const type = Object.assign(new TypeError('must be a number'), { code: 'ERR_INVALID_ARG_TYPE' });
  expect(toWalError(type, {})).toMatchObject({ code: 'SHALE_INVALID_ARGUMENT', cause: type });
  const bug = new TypeError('undefined is not a function');
  expect(toWalError(bug, {})).toMatchObject({ code: 'SHALE_INTERNAL', cause: bug });
  expect(toWalError('text', {})).toMatchObject({ code: 'SHALE_INTERNAL' });
});

test('a WalError stays as it is, and learns where it happened', () => {
  const located = new WalError('SHALE_CORRUPT', 'bad', { path: '/a', table });
  expect(toWalError(located, { path: '/b' })).toBe(located);
  const bare = new WalError('SHALE_CORRUPT', 'bad', { details: { field: 'length' } });
  expect(toWalError(bare, { path: '/b', table })).toMatchObject({
    code: 'SHALE_CORRUPT',
    message: 'bad',
    path: '/b',
    table,
    details: { field: 'length' },
  });
});

// Which names a program can import from `@shale/engine` and `@shale/engine/admin`: a new one is a promise, made on
// purpose.
import * as engine from '@shale/engine';
import * as admin from '@shale/engine/admin';
import { expect, test } from 'vitest';

test('@shale/engine gives what a program needs that keeps a log', () => {
  expect(Object.keys(engine).sort()).toEqual([
    'ERROR_CODES',
    'ERROR_INFO',
    'U64_MAX',
    'WalError',
    'bytesCodec',
    'connectWal',
    'jsonCodec',
    'msgpackCodec',
    'openWal',
    'quantile',
    'utf8Codec',
  ]);
});

test('@shale/engine/admin gives what a tool needs that looks after a database', () => {
  expect(Object.keys(admin).sort()).toEqual([
    'copyTables',
    'describePlace',
    'describeRecovery',
    'describeTables',
    'describeUnexamined',
    'diagnose',
    'inspect',
    'libraryInfo',
    'listBackups',
    'readDamagedFiles',
    'removeBackup',
    'repairDatabase',
    'restoreBackup',
    'rocksdbVersion',
  ]);
});

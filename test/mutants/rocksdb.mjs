import { calls } from './rocksdb/calls.mjs';
import { core } from './rocksdb/core.mjs';
import { database } from './rocksdb/database.mjs';
import { packageFiles } from './rocksdb/package.mjs';
import { recovery } from './rocksdb/recovery.mjs';

/** Mutants of packages/rocksdb: the binding. @type {import('./mutants.mjs').Mutant[]} */
export const rocksdb = [...calls, ...core, ...database, ...packageFiles, ...recovery];

import type { AppendSpec, ReadSpec, RecoverySpec, TrimSpec } from '../report/spec.js';
import type { SuiteCase } from './suite.js';

const COMMON = { entryBytes: 100, tables: 100, shards: 1, durability: 'os' } as const;
const APPEND: AppendSpec = {
  ...COMMON,
  kind: 'append',
  batch: 100,
  inFlight: 16,
  spread: 'uniform',
  loop: 'closed',
  trim: 'none',
};
const READ: ReadSpec = { ...COMMON, kind: 'read', read: 'replay', tables: 1, entries: 500_000, inFlight: 1 };
const RECOVERY: RecoverySpec = { ...COMMON, kind: 'recovery', entries: 100_000, end: 'clean' };
const TRIM: TrimSpec = { ...COMMON, kind: 'trim', tables: 1, entriesPerTable: 1_000_000 };

/** Appends of 100 entries of 100 B over 100 tables, 16 in flight, 'os', except for what is given. */
export function append(given: Partial<AppendSpec> = {}, rivals = false): SuiteCase {
  return { spec: { ...APPEND, ...given }, rivals };
}

/** A replay of one table of 500,000 entries of 100 B, except for what is given. */
export function read(given: Partial<ReadSpec> = {}, rivals = false): SuiteCase {
  return { spec: { ...READ, ...given }, rivals };
}

/** Opening a cleanly closed store of 100 tables and 100,000 entries, except for what is given. */
export function recovery(given: Partial<RecoverySpec> = {}): SuiteCase {
  return { spec: { ...RECOVERY, ...given }, rivals: false };
}

/** The trim of one table of a million entries, except for what is given. */
export function trim(given: Partial<TrimSpec> = {}): SuiteCase {
  return { spec: { ...TRIM, ...given }, rivals: false };
}

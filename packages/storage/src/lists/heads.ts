import {
  decodeLogKeyPrefix,
  instanceRange,
  type KeyRange,
  keySuccessor,
  LOG_KEY_PREFIX_LENGTH,
  mustBe,
  prefixSuccessor,
  regionRange,
  type TableId,
  tableRange,
  toU64,
  type U64Like,
  WalError,
} from '@shale/codec';
import type { HeadScan } from '@shale/rocksdb';
import { readBag } from '../arguments/option-bag.js';
import { foreignKey, native, tableOfKey } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { stepOverTables } from './unreadable-tables.js';

/** The first and last entry of a table that has any. */
export interface TableHead {
  readonly id: TableId;
  readonly first: bigint;
  readonly last: bigint;
}

/** Which heads to list. */
export interface HeadsOptions {
  /** Only this region. Default: all of the instance. */
  readonly region?: U64Like | undefined;
  /** With `region`: from this table id on, included. Default 0. */
  readonly lowerTable?: U64Like | undefined;
  /** With `region`: up to before this table id. Default: to the region's end. */
  readonly upperTable?: U64Like | undefined;
  /**
   * Called for every key that is not of this format, and for tables whose ends cannot be read; the list then
   * goes on with the next table. Without it the list fails with SHALE_CORRUPT.
   */
  readonly onProblem?: ((problem: WalError) => void) | undefined;
}

/*
 * A head record of the native skip-scan: prefix[17], pad[7], first u64 LE, last u64 LE.
 */
const STRIDE = 40;
const FIRST_AT = 24;
const LAST_AT = 32;
const RECORDS_PER_CALL = 1638;
/** Bytes of a key up to its table: namespace u8, region u64. */
const REGION_LENGTH = 9;

const HEADS_OPTIONS = ['region', 'lowerTable', 'upperTable', 'onProblem'] as const;

/** The keys that the options ask for, and who is told of problems. Throws SHALE_INVALID_ARGUMENT. */
export function readHeadsOptions(
  instance: number,
  options: HeadsOptions,
): { readonly range: KeyRange; readonly onProblem: HeadsOptions['onProblem'] } {
  const { region, lowerTable, upperTable, onProblem } = readBag('heads', options, HEADS_OPTIONS);
  if (onProblem !== undefined && typeof onProblem !== 'function') {
    throw mustBe('onProblem', 'a function', onProblem);
  }
  const from = lowerTable === undefined ? undefined : toU64('lowerTable', lowerTable);
  const to = upperTable === undefined ? undefined : toU64('upperTable', upperTable);
  return {
    range:
      region === undefined ? instanceRange(instance) : tablesIn(instance, toU64('region', region), from, to),
    // What it takes and returns is its own affair.
    onProblem: onProblem as HeadsOptions['onProblem'],
  };
}

function tablesIn(
  instance: number,
  region: bigint,
  from: bigint | undefined,
  to: bigint | undefined,
): KeyRange {
  const { lower, upper } = regionRange(instance, region);
  return {
    lower: from === undefined ? lower : tableRange(instance, { region, table: from }).lower,
    upper: to === undefined ? upper : tableRange(instance, { region, table: to }).lower,
  };
}

/**
 * Lists the heads of a key range by skipping from table to table: about two seeks each, whatever the tables hold.
 *
 * @param atOnce so many are looked up at a time, while nothing else runs
 */
export function* heads(
  context: LogContext,
  range: KeyRange,
  onProblem?: (problem: WalError) => void,
  atOnce: number = RECORDS_PER_CALL,
): Generator<TableHead, void, undefined> {
  const page = new Uint8Array(atOnce * STRIDE);
  const view = new DataView(page.buffer);
  let lower: Uint8Array | null = range.lower;
  while (lower !== null && Buffer.compare(lower, range.upper) < 0) {
    const from: Uint8Array = lower;
    let result: HeadScan;
    try {
      result = native({ path: context.path }, () => context.db.heads(from, range.upper, page));
    } catch (error) {
      if (onProblem === undefined || !isCorrupt(error)) throw error;
      const within = range.lower.length < REGION_LENGTH ? 'instance' : 'region';
      const { next, problem } = stepOverTables(context, { lower: from, upper: range.upper }, error, within);
      onProblem(problem);
      lower = next;
      continue;
    }
    for (let i = 0; i < result.count; i++) {
      const at = i * STRIDE;
      const { region, table } = decodeLogKeyPrefix(page, at);
      yield {
        id: { region, table },
        first: view.getBigUint64(at + FIRST_AT, true),
        last: view.getBigUint64(at + LAST_AT, true),
      };
    }
    lower = result.more ? result.resumeAt : null;
    if (result.foreign === undefined) continue;
    const problem = foreignKey(result.foreign, 'it does not have the layout of a log key', {
      path: context.path,
      table: tableOfKey(result.foreign),
    });
    if (onProblem === undefined) throw problem;
    onProblem(problem);
    lower = result.resumeAt ?? afterTableOf(result.foreign);
  }
}

function isCorrupt(error: unknown): error is WalError {
  return error instanceof WalError && error.code === 'SHALE_CORRUPT';
}

/** Where the table after the one that a foreign key stands in begins. */
function afterTableOf(key: Uint8Array): Uint8Array | null {
  return key.length < LOG_KEY_PREFIX_LENGTH
    ? keySuccessor(key)
    : prefixSuccessor(key.subarray(0, LOG_KEY_PREFIX_LENGTH));
}

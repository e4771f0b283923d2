import { mustBe, type RecordLimit, type RetentionRecord, toU64, U64_MAX } from '@shale/codec';
import { invalid, readBag } from '@shale/storage';

/** What of a table is kept. Of several limits the one that keeps least counts. */
export interface Limit {
  /**
   * So many of the last entries.
   *
   * @range 0 to 2^64-2
   * @defaultValue no limit
   */
  readonly entries?: bigint | number | undefined;
  /**
   * About so many bytes of the last entries, as RocksDB stores them: compressed, and to a few hundredths or the size of a
   * block, whichever is more.
   *
   * @range 0 to 2^64-2
   * @defaultValue no limit
   */
  readonly bytes?: bigint | number | undefined;
  /**
   * Entries for so many milliseconds, and up to an eighth of that or some seconds longer, whichever is more.
   *
   * @range 1 to 2^53-1
   * @defaultValue no limit
   */
  readonly ageMs?: number | undefined;
}

/** What to retain of tables. At least one of both. */
export interface RetainOptions {
  /**
   * What is beyond it goes once every consumer that reads the table has acknowledged it.
   *
   * @defaultValue everything is kept, but for what `atMost` says
   */
  readonly keep?: Limit | undefined;
  /**
   * What is beyond it goes, whether a consumer still needs it or not: it gets SHALE_TRIMMED. No limit may be below the
   * same one of `keep`. `'disk'`: the oldest entries may go, whatever `keep` says, when the disk budget of `openWal` has the
   * policy `'dropOldest'` and is nearly used up.
   *
   * @defaultValue what a consumer needs is kept for ever
   */
  readonly atMost?: Limit | 'disk' | undefined;
}

const LIMIT = ['entries', 'bytes', 'ageMs'] as const;
const RETAIN_OPTIONS = ['keep', 'atMost'] as const;
const NONE: RecordLimit = { entries: null, bytes: null, ageMs: null };

/** Reads what is to be retained. Throws SHALE_INVALID_ARGUMENT. */
export function readRetainOptions(options: RetainOptions): RetentionRecord {
  const { keep, atMost } = readBag('retain', options, RETAIN_OPTIONS);
  if (keep === undefined && atMost === undefined)
    throw invalid(
      'keep',
      'retain needs keep, atMost or both; null instead of the options removes what is set',
    );
  const record = {
    keep: keep === undefined ? NONE : readLimit('keep', keep),
    atMost: atMost === undefined || atMost === 'disk' ? NONE : readLimit('atMost', atMost),
    yieldsToDisk: atMost === 'disk',
  };
  for (const field of LIMIT) {
    const least = record.keep[field];
    const most = record.atMost[field];
    if (least === null || most === null || most >= least) continue;
    throw invalid('atMost', `atMost.${field} must be at least keep.${field}, got ${most} and ${least}`);
  }
  return record;
}

/** A limit as it was given. */
export function limitOf({ entries, bytes, ageMs }: RecordLimit): Limit | null {
  if (entries === null && bytes === null && ageMs === null) return null;
  return {
    ...(entries === null ? {} : { entries }),
    ...(bytes === null ? {} : { bytes }),
    ...(ageMs === null ? {} : { ageMs: Number(ageMs) }),
  };
}

function readLimit(name: string, limit: unknown): RecordLimit {
  const { entries, bytes, ageMs } = readBag(name, limit, LIMIT);
  if (entries === undefined && bytes === undefined && ageMs === undefined)
    throw invalid(name, `${name} must have entries, bytes or ageMs`);
  return {
    entries: entries === undefined ? null : counted(`${name}.entries`, entries),
    bytes: bytes === undefined ? null : counted(`${name}.bytes`, bytes),
    ageMs: ageMs === undefined ? null : age(`${name}.ageMs`, ageMs),
  };
}

function counted(field: string, value: unknown): bigint {
  const limit = toU64(field, value as bigint);
  if (limit === U64_MAX) throw mustBe(field, 'from 0 to 2^64-2', value);
  return limit;
}

function age(field: string, value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return BigInt(value);
  throw mustBe(field, 'an integer from 1 to 2^53-1', value);
}

import type { Random } from '../../support/random.js';

/** How the other program opens the database. */
export interface ForeignOptions {
  readonly kind: 'plain' | 'transactions' | 'prepared';
  readonly options: Record<string, string>;
}

/** What does not go together with a TransactionDB, or with the other writes in no order. */
const OF_PLAIN = new Set(['unordered_write', 'enable_pipelined_write', 'two_write_queues']);

const CHOICES: readonly (readonly [string, string])[] = [
  ['wal_compression', 'kZSTD'],
  ['recycle_log_file_num', '2'],
  ['two_write_queues', 'true'],
  ['unordered_write', 'true'],
  ['enable_pipelined_write', 'true'],
  ['allow_2pc', 'true'],
  ['avoid_flush_during_recovery', 'true'],
  ['avoid_flush_during_shutdown', 'true'],
  ['track_and_verify_wals_in_manifest', 'true'],
  ['atomic_flush', 'true'],
  ['allow_mmap_writes', 'true'],
  ['write_dbid_to_manifest', 'true'],
  ['wal_bytes_per_sync', '4096'],
  ['write_buffer_size', '65536'],
  ['num_levels', '10'],
  ['enable_blob_files', 'true'],
  ['compression', 'kZSTD'],
];

/** Some options that RocksDB accepts together. */
export function someOptions(random: Random): ForeignOptions {
  const kind = random.of<ForeignOptions['kind']>(['plain', 'plain', 'transactions', 'prepared']);
  const options: Record<string, string> = {};
  for (const [name, value] of CHOICES) {
    if (!random.once(4)) continue;
    const ofPlain = OF_PLAIN.has(name);
    if (ofPlain && (kind !== 'plain' || Object.keys(options).some((other) => OF_PLAIN.has(other)))) continue;
    if (name === 'atomic_flush' && 'enable_pipelined_write' in options) continue;
    options[name] = value;
  }
  return { kind, options };
}

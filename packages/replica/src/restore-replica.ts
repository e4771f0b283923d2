import { type ReplicaOptions, ReplicaReader } from '@shale/jetstream';
import { NewLog } from '@shale/storage';

/** What was restored. */
export interface RestoredReplica {
  readonly tables: number;
  readonly entries: bigint;
  readonly payloadBytes: bigint;
}

/**
 * Reads a replica to read it only: its tables and their entries, as they are when a call begins. Rejects with SHALE_NOT_FOUND when
 * there is none of the name, SHALE_INVALID_ARGUMENT, SHALE_UNSUPPORTED where the cluster is not set up as it must be, and
 * SHALE_UNAVAILABLE.
 */
export function openReplica(url: string | URL, options: ReplicaOptions): Promise<ReplicaReader> {
  return ReplicaReader.open(url, options);
}

/**
 * Makes a log of a replica: entries byte for byte, with the same sequences, tables with the same ids and names, and what was
 * trimmed is trimmed. Instance 0 has it. The directory appears when the log is whole; until then it grows in a directory
 * `.<name>.partial-…` beside it. The new log is one of its own: to ship it to the same replica again takes `takeover: true`.
 *
 * Rejects as {@link openReplica} does, with SHALE_CORRUPT where entries of the replica are missing, SHALE_TRIMMED when a
 * shipper removes some meanwhile, SHALE_INVALID_ARGUMENT
 * when there is something at `directory`, SHALE_NO_SPACE, SHALE_NO_RESOURCES and SHALE_IO.
 */
export async function restoreReplica(
  url: string | URL,
  directory: string | URL,
  options: ReplicaOptions,
): Promise<RestoredReplica> {
  const reader = await ReplicaReader.open(url, options);
  try {
    const log = await NewLog.begin(directory);
    try {
      const restored = await copy(reader, log);
      await log.finish();
      return restored;
    } finally {
      await log.abandon();
    }
  } finally {
    await reader.close();
  }
}

async function copy(reader: ReplicaReader, log: NewLog): Promise<RestoredReplica> {
  let tables = 0;
  let entries = 0n;
  let payloadBytes = 0n;
  for await (const part of reader.everything()) {
    if (part.is === 'table') {
      tables++;
      log.table(part.table);
      continue;
    }
    const { table, first, payloads } = part.entries;
    log.entries(table, first, payloads);
    entries += BigInt(payloads.length);
    payloadBytes += BigInt(payloads.reduce((sum, { length }) => sum + length, 0));
  }
  return { tables, entries, payloadBytes };
}

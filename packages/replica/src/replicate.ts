import { mustBe, type TableId, tableKey } from '@shale/codec';
import type { Wal } from '@shale/engine';
import { ReplicaWriter, type WriterOptions } from '@shale/jetstream';
import { identityOf } from './identity.js';
import { Replica } from './shipper.js';
import type { ReplicaSink } from './sink.js';

/** How a log is shipped. */
export interface ReplicateOptions extends WriterOptions {
  /**
   * Whether tables are dropped from the replica that the log does not have when shipping begins, because they were dropped
   * while nothing was shipped. Of a log that is older than its replica, as after a restore of an older copy, that would drop
   * what only the replica has.
   *
   * @defaultValue false
   */
  readonly dropMissing?: boolean | undefined;
  /**
   * What becomes of entries that the log trims after they were shipped, and of tables that are dropped while it is shipped:
   * `'follow'`, they go from the replica, too, within seconds; `'keep'`, they stay, as in an archive.
   *
   * @defaultValue `'follow'`
   */
  readonly removed?: 'follow' | 'keep' | undefined;
}

/** Entries that are under way, at most. */
const MOST_ENTRIES = 262_144;

/**
 * Ships a log to a replica in NATS JetStream while it is written, from where the replica has come to: `nats://a,b,c/name`. The
 * replica is made when there is none. Whoever shipped to it before is fenced, and writes nothing more.
 *
 * In the log it is the consumer `replica:<name>`: `wal.retain` with `keep` waits for it. Resolves when it ships. Rejects with
 * SHALE_INVALID_ARGUMENT (also for the replica of another log, unless `takeover`), SHALE_UNSUPPORTED where the cluster is not
 * set up as it must be or cannot be checked, SHALE_UNAVAILABLE, SHALE_CORRUPT, SHALE_FENCED when another one takes over at
 * the same time, and as `wal.consumer` does.
 */
export async function replicate(wal: Wal, url: string | URL, options: ReplicateOptions): Promise<Replica> {
  if (typeof wal !== 'object' || wal === null || typeof wal.consumer !== 'function') {
    throw mustBe('wal', 'a Wal, as openWal gives it', wal);
  }
  if (typeof options !== 'object' || options === null)
    throw mustBe('options', 'an object with monitor', options);
  const { dropMissing: drops = false, removed = 'follow', ...rest } = options;
  if (typeof drops !== 'boolean') throw mustBe('dropMissing', 'true or false', drops);
  if (removed !== 'follow' && removed !== 'keep') throw mustBe('removed', "'follow' or 'keep'", removed);
  const { instance } = await wal.stats();
  const source = await identityOf(wal.path, instance);
  return await shipTo(wal, await ReplicaWriter.open(url, source, rest), drops, removed === 'keep');
}

async function shipTo(wal: Wal, sink: ReplicaSink, drops: boolean, keeps: boolean): Promise<Replica> {
  try {
    const name = sink.url.slice(sink.url.lastIndexOf('/') + 1);
    const consumer = await wal.consumer(`replica:${name}`, {
      tables: 'all',
      onTrimmed: 'skip',
      maxUnacked: MOST_ENTRIES,
      position: {
        load: (table) => sink.position(table),
        // Nothing is stored beside the entries: they say where it is.
        store: () => true,
      },
    });
    if (drops) await dropMissing(wal, sink);
    return new Replica(wal, sink, consumer, keeps);
  } catch (error) {
    await sink.close();
    throw error;
  }
}

/** Drops the tables that the log does not have. */
async function dropMissing(wal: Wal, sink: ReplicaSink): Promise<void> {
  const missing = new Map<string, TableId>();
  for (const { table } of sink.positions()) missing.set(tableKey(table), table);
  for await (const { id } of wal.tables()) {
    const { region, table } = id;
    if (region !== null) missing.delete(tableKey({ region, table }));
    // Only the record is left, which is one for all regions.
    else for (const [key, each] of missing) if (each.table === table) missing.delete(key);
  }
  for (const table of missing.values()) await sink.drop(table);
}

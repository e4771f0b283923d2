import { CATALOG_INSTANCE } from '@shale/codec';
import { attachLog, type Log } from '@shale/storage';

/** The log that keeps the names of one WAL's tables: instance 127, region 0, and the WAL's instance as the table. */
export class CatalogLog {
  readonly #log: Log;
  readonly #id: { readonly region: bigint; readonly table: bigint };

  /** @param wal the log whose tables have the names */
  constructor(wal: Log) {
    this.#log = attachLog(wal.path, { instance: CATALOG_INSTANCE, view: wal.view });
    this.#id = { region: 0n, table: BigInt(wal.instance) };
  }

  /** Every record, oldest first. */
  load(): Uint8Array[] {
    const records: Uint8Array[] = [];
    // Copies: the views share chunk buffers, which a clone would carry along whole for each of them.
    for (const { payload } of this.#log.read(this.#id)) records.push(payload.slice());
    return records;
  }

  /** Adds records, all or nothing, on stable storage when it returns. */
  append(records: readonly Uint8Array[]): void {
    this.#log.append(this.#id, records, { sync: true });
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

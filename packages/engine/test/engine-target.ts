import { openWal, type Wal, type WalOptions } from '@shale/engine';
import type { ConformanceLog, ConformanceTarget } from '@shale/storage/conformance';

/** The engine behind the conformance suite's interface. */
export function engineTarget(walOptions: WalOptions): ConformanceTarget {
  return {
    open: async (directory, options = {}) =>
      new EngineLog(
        await openWal(directory, {
          durability: 'os',
          ...walOptions,
          ...options,
        }),
      ),
  };
}

class EngineLog implements ConformanceLog {
  readonly #wal: Wal;

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  append: ConformanceLog['append'] = async (id, payload, options) =>
    this.#wal.table(id).append(payload, options);

  appendBatch: ConformanceLog['appendBatch'] = async (id, payloads, options) =>
    this.#wal.table(id).appendBatch(payloads, options);

  write: ConformanceLog['write'] = async (parts) =>
    this.#wal.write(parts.map(({ id, ...part }) => ({ table: this.#wal.table(id), ...part })));

  read: ConformanceLog['read'] = (id, range, options) =>
    this.#wal.table(id).read(range, { chunkEntries: options?.batchSize });

  scanRegion: ConformanceLog['scanRegion'] = (region) => this.#wal.region(region).scan();

  openRegion: ConformanceLog['openRegion'] = async (region) => this.#wal.region(region).open();

  trim: ConformanceLog['trim'] = async (id, upTo) => (await this.#wal.table(id).trim(upTo)).first;

  firstSequence: ConformanceLog['firstSequence'] = async (id) => this.#wal.table(id).firstSequence();

  lastSequence: ConformanceLog['lastSequence'] = async (id) => this.#wal.table(id).lastSequence();

  tables: ConformanceLog['tables'] = () => this.#wal.tables();

  drop: NonNullable<ConformanceLog['drop']> = async (id) => this.#wal.table(id).drop();

  close: ConformanceLog['close'] = () => this.#wal.close();
}

import { type Log, openLog } from '@shale/storage';
import type { ConformanceLog, ConformanceTarget } from '@shale/storage/conformance';

/** The log of this package behind the suite's asynchronous interface. */
export const storageTarget: ConformanceTarget = {
  open: async (directory, options = {}) => new StorageLog(await openLog(directory, options)),
};

class StorageLog implements ConformanceLog {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  append: ConformanceLog['append'] = async (id, payload, options) =>
    this.#log.append(id, [payload], { ...options, sync: false }).last;

  appendBatch: ConformanceLog['appendBatch'] = async (id, payloads, options) =>
    this.#log.append(id, payloads, { ...options, sync: false });

  write: ConformanceLog['write'] = async (parts) => this.#log.write(parts, { sync: false });

  read: ConformanceLog['read'] = (id, range, options) =>
    asynchronously(() => this.#log.read(id, range, { chunkEntries: options?.batchSize }));

  scanRegion: ConformanceLog['scanRegion'] = (region) => asynchronously(() => this.#log.scanRegion(region));

  openRegion: ConformanceLog['openRegion'] = async (region) => this.#log.openRegion(region);

  trim: ConformanceLog['trim'] = async (id, upTo) => this.#log.trim(id, upTo, { sync: false }).trimmed;

  firstSequence: ConformanceLog['firstSequence'] = async (id) => this.#log.firstSequence(id);

  lastSequence: ConformanceLog['lastSequence'] = async (id) => this.#log.lastSequence(id);

  tables: ConformanceLog['tables'] = () => asynchronously(() => this.#log.tables());

  drop: NonNullable<ConformanceLog['drop']> = async (id) => this.#log.drop(id, { sync: false });

  close: ConformanceLog['close'] = () => this.#log.close();
}

/** Keeps failing when the generator does, as the generator itself promises. */
function asynchronously<T>(begin: () => Generator<T, void, undefined>): AsyncIterable<T> {
  let inner: Generator<T, void, undefined> | undefined;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        inner ??= begin();
        return inner.next();
      },
      return: async () => {
        inner?.return();
        return { done: true, value: undefined };
      },
    }),
  };
}

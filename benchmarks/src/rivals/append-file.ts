import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store, StoreDriver } from '@shale/bench-kit';

/** Table and length before each payload. */
const HEADER_BYTES = 8;

class AppendFile implements Store {
  readonly #file: FileHandle;
  readonly #sync: boolean;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(file: FileHandle, sync: boolean) {
    this.#file = file;
    this.#sync = sync;
  }

  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown> {
    const parts = payloads.flatMap((payload) => {
      const header = Buffer.allocUnsafe(HEADER_BYTES);
      header.writeUInt32LE(table, 0);
      header.writeUInt32LE(payload.length, 4);
      return [header, payload];
    });
    const data = Buffer.concat(parts);
    this.#turn = this.#turn.then(() => this.#write(data));
    return this.#turn;
  }

  async #write(data: Buffer): Promise<void> {
    await this.#file.appendFile(data);
    if (this.#sync) await this.#file.datasync();
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    const { size } = await this.#file.stat();
    const { buffer } = await this.#file.read({ buffer: Buffer.alloc(size), position: 0 });
    let sequence = 0;
    let count = 0;
    for (let at = 0; at < size && count < limit; ) {
      const end = at + HEADER_BYTES + buffer.readUInt32LE(at + 4);
      if (buffer.readUInt32LE(at) === table) sequence += 1;
      if (buffer.readUInt32LE(at) === table && sequence >= from) {
        visit(buffer.subarray(at + HEADER_BYTES, end));
        count += 1;
      }
      at = end;
    }
    return count;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#file.close();
  }
}

/**
 * The floor: one file, one write per append, one fdatasync each. It has no index, checksum or trim, and shares no sync.
 */
export const driver: StoreDriver = {
  name: 'append-file',
  tunedBy: "Node's fs/promises: appendFile, datasync",
  kinds: ['append'],
  durabilities: ['sync', 'os'],
  version: () => process.versions.node,
  open: async (directory, { durability }) =>
    new AppendFile(await open(join(directory, 'log'), 'a+'), durability === 'sync'),
};

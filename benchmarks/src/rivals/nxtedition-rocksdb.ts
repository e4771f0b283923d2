import type { StoreDriver } from '@shale/bench-kit';
import { type LevelDatabase, overLevel } from './abstract-level.js';
import { KeyValueLog } from './key-value-store.js';
import { loadRival, rivalVersion } from './load.js';

interface RocksLevelModule {
  readonly RocksLevel: new (location: string, options: object) => LevelDatabase;
}

/** Its memtables are 64 MiB by default, as Shale's; without compression, as Shale's tables. */
const OPTIONS = { keyEncoding: 'buffer', valueEncoding: 'buffer', createIfMissing: true, compression: false };

/** RocksDB behind the interface of abstract-level. */
export const driver: StoreDriver = {
  name: '@nxtedition/rocksdb',
  tunedBy:
    "its README, which refers to abstract-level's: batch() with sync, nextv(); memtables as by default",
  durabilities: ['sync', 'os'],
  version: () => rivalVersion('@nxtedition/rocksdb'),
  open: async (directory, { durability, tables }) => {
    const { RocksLevel } = loadRival<RocksLevelModule>('@nxtedition/rocksdb');
    const db = new RocksLevel(directory, OPTIONS);
    await db.open();
    return KeyValueLog.open(overLevel(db, durability === 'sync'), tables);
  },
};

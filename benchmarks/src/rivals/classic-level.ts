import type { StoreDriver } from '@shale/bench-kit';
import { type LevelDatabase, overLevel } from './abstract-level.js';
import { KeyValueLog } from './key-value-store.js';
import { loadRival, rivalVersion } from './load.js';

interface ClassicLevelModule {
  readonly ClassicLevel: new (location: string, options: object) => LevelDatabase;
}

/** As Shale's memtable; without compression, as Shale's tables. */
const OPTIONS = {
  keyEncoding: 'buffer',
  valueEncoding: 'buffer',
  compression: false,
  writeBufferSize: 64 * 1024 * 1024,
};

/** LevelDB. `sync: true` is its durable write; pages of values are its fast read. */
export const driver: StoreDriver = {
  name: 'classic-level',
  tunedBy: "classic-level's README: writeBufferSize, batch() with sync, nextv() with highWaterMarkBytes",
  durabilities: ['sync', 'os'],
  version: () => rivalVersion('classic-level'),
  open: async (directory, { durability, tables }) => {
    const { ClassicLevel } = loadRival<ClassicLevelModule>('classic-level');
    const db = new ClassicLevel(directory, OPTIONS);
    await db.open();
    return KeyValueLog.open(overLevel(db, durability === 'sync'), tables);
  },
};

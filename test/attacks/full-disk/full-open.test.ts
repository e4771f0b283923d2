import { WatchedDisk } from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { temporary } from '../../support/temporary.js';
import { onDisk } from './on-disk.js';

test('a log is opened, read and trimmed on a disk that is full already, and goes on once there is room', async () => {
  const folder = temporary('full-open');
  const disk = new WatchedDisk(folder);
  onDisk(
    disk,
    `const wal = await open();
     const table = wal.table({ region: 1, table: 1 });
     for (let i = 0; i < 20; i++) await table.append(Buffer.alloc(1000, i));
     limit(used());
     if (await code(table.append(Buffer.alloc(1000))) !== 'SHALE_NO_SPACE') throw new Error('there is room');
     await wal.close();`,
  );
  const said = onDisk(
    disk,
    `limit(used());
     const wal = await open();
     const table = wal.table({ region: 1, table: 1 });
     console.log(await count(table), await code(table.append(Buffer.alloc(1000))), await code(table.trim(5n)), await count(table));
     limit(2n ** 64n - 1n);
     console.log(await code(wal.resume()), await table.append(Buffer.alloc(1000)), await count(table));
     await wal.close();`,
  );
  expect(said.split('\n')).toEqual(['20 SHALE_NO_SPACE done 15', 'done 21n 16']);
});

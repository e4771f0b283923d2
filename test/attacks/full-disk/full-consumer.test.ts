import { WatchedDisk } from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { temporary } from '../../support/temporary.js';
import { onDisk } from './on-disk.js';

const SETUP = `
  const tableOf = (wal) => wal.table({ region: 1, table: 1 });
  const consume = (wal, name, options) => wal.consumer(name, { tables: tableOf(wal), ...options });
  /** The sequences of a consumer's next entries. */
  const given = async (consumer, count) => {
    const got = [];
    for await (const batch of consumer) {
      got.push(...[...batch].map(({ sequence }) => Number(sequence)));
      batch.ack();
      if (got.length >= count) break;
    }
    return got;
  };
  const consumers = async (wal) => (await wal.consumers()).map(({ name, epoch, lag }) => name + ' ' + epoch + ' ' + lag).join(', ');`;

test('a consumer is opened on a full disk, reads on, and is recorded when there is room, before its position is', () => {
  const disk = new WatchedDisk(temporary('full-consumer'));
  onDisk(
    disk,
    `${SETUP}
     const wal = await open();
     for (let i = 0; i < 20; i++) await tableOf(wal).append(Buffer.alloc(1000, i));
     const known = await consume(wal, 'known', { maxUnacked: 100 });
     for await (const batch of known) { batch.ack(5n); break; }
     await known.close();
     limit(used());
     if (await code(tableOf(wal).append(Buffer.alloc(1000))) !== 'SHALE_NO_SPACE') throw new Error('there is room');
     await wal.close();`,
  );
  const said = onDisk(
    disk,
    `${SETUP}
     limit(used());
     const wal = await open();
     const first = await consume(wal, 'known');
     const known = await consume(wal, 'known');
     console.log(await code(first.commit()));
     console.log(String(await given(known, 15)));
     const fresh = await consume(wal, 'new');
     console.log((await given(fresh, 20)).length);
     console.log(await code(known.commit()), await code(fresh.commit()), await consumers(wal));
     console.log(await code(consume(wal, 'end', { from: 'end' })), await wal.dropConsumer('new'));
     const late = await consume(wal, 'late');
     limit(2n ** 64n - 1n);
     await wal.resume();
     while ((await wal.consumers()).length < 2) await new Promise(setImmediate);
     console.log(await consumers(wal));
     console.log(await code(known.commit()), await code(fresh.commit()), await consumers(wal));
     await wal.close();
     const again = await open();
     console.log(await consumers(again));
     await again.close();`,
  );
  expect(said.split('\n')).toEqual([
    'SHALE_FENCED',
    '6,7,8,9,10,11,12,13,14,15,16,17,18,19,20',
    '20',
    'SHALE_NO_SPACE SHALE_NO_SPACE known 1 15',
    'SHALE_NO_SPACE false',
    'known 2 15, late 1 0',
    'done SHALE_FENCED known 2 0, late 1 0',
    'known 2 0, late 1 0',
  ]);
});

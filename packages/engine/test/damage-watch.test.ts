import type { DamagedFile } from '@shale/storage';
import { expect, test } from 'vitest';
import { DamageWatch } from '../dist/damage-watch.js';

test('a look for damage that fails ends nothing, and the next one finds what there is', async () => {
  const table = { instance: 0, region: 1n, table: 2n };
  const damage: DamagedFile = { file: '000012.sst', first: table, last: table, message: 'checksum' };
  let looks = 0;
  const told = await new Promise<DamagedFile>((resolve) => {
    const find = (): readonly DamagedFile[] => {
      looks++;
      if (looks === 1) throw new Error('no memory');
      return [damage];
    };
    const watch = new DamageWatch(find, (found) => {
      watch.stop();
      resolve(found);
    });
    watch.start();
    // The watch does not keep a process running; the test does.
    const running = setInterval(() => {
      if (looks > 1) clearInterval(running);
    }, 100);
  });
  expect(told).toBe(damage);
});

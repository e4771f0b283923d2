import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPreload } from '@shale/fault-kit';
import { finish, goesOn, numbers, type Scenario } from './scenario.js';

const CLOCK = fileURLToPath(new URL('../../../native/clock-shift.c', import.meta.url));
const HOUR = 3600;
const YEAR = 365 * 24 * HOUR;
const SHIFTS = [HOUR, -HOUR, 10 * YEAR, -10 * YEAR, 24 * HOUR, -30];

/** The wall clock jumps by hours and years, forwards and backwards, while the process works and between processes. */
export const jumpingClock: Scenario = {
  name: 'a jumping clock',
  async run({ site, random, directory }) {
    const library = buildPreload(CLOCK);
    const file = join(directory, 'clock-shift');
    const env = { LD_PRELOAD: library, SHALE_CLOCK_SHIFT: file };
    let shift = random.pick(SHIFTS);
    setShift(file, shift);
    for (let life = 0; life < 2; life++) {
      const workload = site.start({ wal: { shards: 2 } }, { env });
      await workload.opened;
      for (let jump = 0; jump < 3; jump++) {
        await goesOn(workload);
        const { clock } = await numbers(workload);
        const seen = (clock - Date.now()) / 1000;
        if (Math.abs(seen - shift) > HOUR / 120) {
          throw new Error(`the clock was to be shifted by ${shift} s, and the process sees ${seen} s`);
        }
        shift = random.pick(SHIFTS.filter((other) => other !== shift));
        setShift(file, shift);
      }
      await goesOn(workload);
      if (life === 0) await workload.kill();
      else await finish(workload);
    }
    // Without the shift: to this process the files are of the future, or of long ago.
    await site.check();
  },
};

function setShift(file: string, seconds: number): void {
  const bytes = new BigInt64Array([BigInt(seconds)]);
  // In one piece, and without truncating what a process has mapped.
  const fd = openSync(file, 'a+');
  closeSync(fd);
  const writable = openSync(file, 'r+');
  writeSync(writable, bytes, 0, bytes.byteLength, 0);
  closeSync(writable);
}

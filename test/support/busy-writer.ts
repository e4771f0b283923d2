// busy-writer.js <directory> <entries>: writes so many entries ('os', with small memtables, so that logs come and go),
// says "written", and waits to be killed. With 0 entries it says "written" after the first and goes on for ever.
import { openLog } from '@shale/storage';

const [directory = '', count = '0'] = process.argv.slice(2);
const log = await openLog(directory, { rocksdb: { writeBufferSize: 256 * 1024, maxWriteBufferNumber: 4 } });
const most = Number(count) || Number.POSITIVE_INFINITY;
const payload = Buffer.alloc(500, 7);
for (let written = 1; written <= most; written++) {
  log.append({ region: 1n, table: 1n }, [payload], { sync: false });
  if (written === Math.min(most, 1000)) console.log('written');
  // Lets the logs be flushed, and the parent read.
  if (written % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
setInterval(() => {}, 1000);

// damage.mjs <path> <seconds> [seed]: opens databases whose files hold anything, for the sanitizers. A database either
// opens or is refused with a RocksDBError; what the sanitizer says is seen by the one who runs it.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase, RocksDBError } from '@shale/rocksdb';
import { writeRuns } from '../fixtures/entries.mjs';

const [path, seconds = '10', seed = '1'] = process.argv.slice(2);
const image = `${path}-image`;
const id = { region: 1n, table: 1n };
let state = Number(seed);

function random(below) {
  state = (state * 1103515245 + 12345) & 0x7fffffff;
  return (state >> 8) % below;
}

/** Bytes that are damaged, or were never those of such a file. */
function damaged(bytes) {
  const copy = Buffer.from(bytes);
  switch (random(6)) {
    case 0:
      return Buffer.from(Array.from({ length: random(100_000) }, () => random(256)));
    case 1:
      return copy.subarray(0, random(copy.length + 1));
    case 2:
      for (let i = 0; i < 20; i++) copy[random(copy.length)] ^= 1 << random(8);
      return copy;
    case 3:
      // Headers that promise what is not there.
      for (let i = 0; i < 50; i++)
        copy[random(copy.length)] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff][random(11)];
      return copy;
    case 4:
      return copy.fill(0, random(copy.length), random(copy.length) || copy.length);
    default:
      return Buffer.concat([copy.subarray(random(copy.length)), copy.subarray(0, random(copy.length))]);
  }
}

const database = await openDatabase(image);
for (let i = 0; i < 300; i++) writeRuns(database, [{ id, first: BigInt(i * 5 + 1), count: 5 }]);
writeRuns(database, [{ id, first: 1501n, count: 2000 }]);
cpSync(image, `${image}-crashed`, { recursive: true });
await database.close();

const outcomes = { opened: 0, refused: 0 };
const end = Date.now() + Number(seconds) * 1000;
while (Date.now() < end) {
  rmSync(path, { recursive: true, force: true });
  cpSync(`${image}-crashed`, path, { recursive: true });
  const names = readdirSync(path).filter((name) => /\.log$|^CURRENT$|^MANIFEST|^WATERMARK$/.test(name));
  for (const name of random(3) === 0 ? names : [names[random(names.length)]]) {
    writeFileSync(join(path, name), damaged(readFileSync(join(path, name))));
  }
  for (const options of [{ readOnly: true }, {}, { recovery: 'salvage' }]) {
    try {
      const opened = await openDatabase(path, options);
      outcomes.opened++;
      await opened.close();
    } catch (error) {
      if (!(error instanceof RocksDBError)) throw error;
      outcomes.refused++;
    }
  }
}
console.log(`${outcomes.opened} opened, ${outcomes.refused} refused`);
if (outcomes.refused === 0) throw new Error('nothing was refused');

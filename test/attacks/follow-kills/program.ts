// Writes numbers to a table at full load, and follows it with a position of its own: the last of what it has noted.
import { fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openWal } from '@shale/engine';

const MOST_BEHIND = 10_000_000n;
const [path = '', notes = ''] = process.argv.slice(2);
const file = openSync(notes, 'a+');
const note = Buffer.alloc(16);
if (fstatSync(file).size > 0) readSync(file, note, 0, 16, fstatSync(file).size - 16);
let position = note.readBigUInt64LE(8);

await using wal = await openWal(path, { durability: 'os' });
const table = wal.table('numbers');

async function write(): Promise<never> {
  const writer = table.writer();
  for (let number = (await table.lastSequence()) + 1n; ; number++) {
    while (number - position > MOST_BEHIND) await setTimeout(10);
    const payload = Buffer.alloc(100);
    payload.writeBigUInt64LE(number);
    if (!writer.write(payload)) await writer.ready();
  }
}

async function follow(): Promise<void> {
  for await (const chunk of table.follow({ from: { after: position } }).chunks()) {
    note.writeBigUInt64LE(position + 1n, 0);
    for (const { sequence, payload } of chunk) {
      const number = Buffer.from(payload.buffer, payload.byteOffset).readBigUInt64LE();
      if (sequence !== ++position || number !== sequence)
        throw new Error(`${number} at ${sequence} is no ${position}`);
    }
    note.writeBigUInt64LE(position, 8);
    writeSync(file, note);
    if (Math.random() < 0.05) await table.trim(position);
    if (Math.random() < 0.05) await setTimeout(1000 * Math.random());
  }
}

await Promise.race([write(), follow()]);

/*
 * A batch, and a write over several tables, is in as a whole or not at all, at whatever moment the process ends. The
 * images are taken while the thread of the shard is writing.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { takeImage } from '../../dist/attacks/model/image.js';

const ENTRIES = 500;
const IMAGES = 8;
const A = { region: 1n, table: 1n };
const B = { region: 1n, table: 2n };

test('whenever the process ends, batches and writes over several tables are in as a whole or not at all', async () => {
  const parent = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'shale-batches-'));
  const wal = await openWal(join(parent, 'live'), { shards: 1, durability: 'os' });
  try {
    const payloads = Array.from({ length: ENTRIES }, (_, i) => new Uint8Array(8).fill(i));
    const append = async (): Promise<void> => {
      const parts = [A, B].map((id) => ({ table: wal.table(id), payloads }));
      await Promise.all([wal.write(parts), wal.table(A).appendBatch(payloads)]);
    };
    await append();
    let isOver = false;
    const writing = (async () => {
      while (!isOver) await append();
    })();
    let seen = 0n;
    let moved = 0;
    for (let image = 0; image < IMAGES; image++) {
      for (let turns = image; turns >= 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      const directory = join(parent, String(image));
      takeImage(wal.path, directory);
      const log = await openLog(directory);
      const [a, b] = [log.lastSequence(A), log.lastSequence(B)];
      await log.close();
      rmSync(directory, { recursive: true });
      expect([a % BigInt(ENTRIES), b % BigInt(ENTRIES)]).toEqual([0n, 0n]);
      // Each write over both is followed by a batch for the first.
      expect([2n * b - BigInt(ENTRIES), 2n * b]).toContain(a);
      if (b > seen) moved++;
      seen = b;
    }
    isOver = true;
    await writing;
    // Otherwise nothing was being written.
    expect(moved).toBeGreaterThan(1);
  } finally {
    await wal.close();
    rmSync(parent, { recursive: true, force: true });
  }
});

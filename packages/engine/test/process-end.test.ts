import { expect, test } from 'vitest';
import { inAnotherProcess } from './processes.js';
import { open, temporary } from './support.js';

const OPTIONS = JSON.stringify({ shards: 2 });

test('a process that forgets to close ends by itself, and what was acknowledged is in', async () => {
  const path = await temporary();
  const { code, output } = await inAnotherProcess(`
    const wal = await openWal(${JSON.stringify(path)}, ${OPTIONS});
    const table = wal.table({ region: 1, table: 1 });
    console.log(await table.append(new Uint8Array(3)), await table.trim(0n), await wal.table('n').append(new Uint8Array(1)));
    const scan = wal.region(1).scan();
    await scan.next();`);
  expect({ code, output }).toEqual({ code: 0, output: '1n { first: 1n, last: 1n } 1n\n' });
  const wal = await open({ path });
  expect(await wal.table({ region: 1, table: 1 }).lastSequence()).toBe(1n);
});

test('process.exit at any time does not crash, and what was acknowledged is in', async () => {
  const path = await temporary();
  let acknowledged = 0n;
  for (let round = 0; round < 6; round++) {
    const { code, signal, output } = await inAnotherProcess(`
      const wal = await openWal(${JSON.stringify(path)}, ${OPTIONS});
      const table = wal.table({ region: 1, table: 1 });
      for (let i = 0; i < 5000; i++) table.append(new Uint8Array(1000), { durability: 'os' }).then((s) => { globalThis.last = s; });
      setTimeout(() => { console.log(String(globalThis.last ?? 0)); process.exit(3); }, ${round * 7});`);
    expect({ code, signal }).toEqual({ code: 3, signal: null });
    const last = BigInt(output.trim());
    if (last > acknowledged) acknowledged = last;
  }
  const wal = await open({ path });
  expect(await wal.table({ region: 1, table: 1 }).lastSequence()).toBeGreaterThanOrEqual(acknowledged);
});

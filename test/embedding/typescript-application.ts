/** An application in TypeScript that uses what most of them do, as ES module or CommonJS. */
export const APPLICATION = `
import { type BytesInput, type Entry, jsonCodec, openWal, type Wal, WalError } from '@shale/engine';
import { listBackups } from '@shale/engine/admin';

interface Reading {
  readonly at: number;
}

export async function main(): Promise<void> {
  const wal: Wal = await openWal('./data', { shards: 1, waitForLock: 1000 });
  const readings = wal.table('readings', { codec: jsonCodec<Reading>() });
  const raw = wal.table({ region: 1, table: 2 });
  const bytes: BytesInput = new ArrayBuffer(3);
  await raw.append(bytes);
  await wal.write([
    { table: readings, payloads: [{ at: 1 }] },
    { table: raw, payloads: [new DataView(new ArrayBuffer(2)), Buffer.from('x')] },
  ]);
  const entries: Entry<Reading>[] = [];
  for await (const entry of readings.read({ gte: 1 })) entries.push(entry);
  for await (const chunk of raw.read().chunks()) for (const { payload } of chunk) console.log(payload.byteLength);
  try {
    await raw.trim(1n);
  } catch (error) {
    if (error instanceof WalError && error.code === 'SHALE_CLOSED') return;
    throw error;
  }
  console.log(wal.health, wal.trouble?.code, (await listBackups('./backups').catch(() => null)) === null);
  await wal.close();
}
`;

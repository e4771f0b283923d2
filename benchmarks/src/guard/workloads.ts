import { AppendFrameWriter, decodeAppendFrame, encodeLogKeyPrefix } from '@shale/codec';
import { openLog } from '@shale/storage';

/**
 * One piece of work whose instructions are counted: everything on one thread, so that they are the same every time.
 * It takes a new directory and the number of entries.
 */
export type Workload = (directory: string, entries: number) => Promise<void>;

const TABLES = 10;
const BATCH = 100;
const FRAME_BYTES = 512 * 1024;

function payloadsOf(bytes: number): readonly Uint8Array[] {
  return Array.from({ length: BATCH }, (_, i) => new Uint8Array(bytes).fill(i));
}

function appends(entryBytes: number, memtable: 'log' | 'skiplist', batch: number = BATCH): Workload {
  return async (directory, entries) => {
    const log = await openLog(directory, { rocksdb: { memtable } });
    const payloads = payloadsOf(entryBytes).slice(0, batch);
    for (let done = 0; done < entries; done += batch) {
      log.append({ region: 1, table: (done / batch) % TABLES }, payloads, { sync: false });
    }
    await log.close();
  };
}

/** Writes a fixed number of entries and reads as many as it is told, so that only the reading grows. */
const READ_BASE = 10_000;
const replay: Workload = async (directory, entries) => {
  const log = await openLog(directory, {});
  const payloads = payloadsOf(100);
  const id = { region: 1, table: 1 };
  for (let done = 0; done < READ_BASE; done += BATCH) log.append(id, payloads, { sync: false });
  let bytes = 0;
  for (let done = 0; done < entries; done += READ_BASE) {
    for (const { payload } of log.read(id, {})) bytes += payload.length;
  }
  await log.close();
  if (bytes !== entries * 100) throw new Error(`read ${bytes} bytes of ${entries} entries`);
};

const frames: Workload = async (_, entries) => {
  const payloads = payloadsOf(100);
  const prefix = new Uint8Array(17);
  encodeLogKeyPrefix(prefix, 0, { instance: 0, region: 1n, table: 1n });
  let made = 0;
  const buffer = new ArrayBuffer(FRAME_BYTES);
  while (made < entries) {
    const writer = new AppendFrameWriter(buffer);
    const table = writer.addTable(prefix);
    for (let i = 0; i < TABLES; i++) {
      writer.beginAppend(table);
      for (const payload of payloads) writer.add(payload);
    }
    decodeAppendFrame(writer.seal({ sync: false }));
    made += TABLES * BATCH;
  }
};

/** By name, each with the two numbers of entries whose difference is counted. */
export const WORKLOADS: Readonly<
  Record<string, { readonly run: Workload; readonly few: number; readonly many: number }>
> = {
  'append-100B-log': { run: appends(100, 'log'), few: 5000, many: 20_000 },
  'append-100B-skiplist': { run: appends(100, 'skiplist'), few: 5000, many: 20_000 },
  'append-1KiB-log': { run: appends(1024, 'log'), few: 2000, many: 8000 },
  'append-single-log': { run: appends(100, 'log', 1), few: 1000, many: 4000 },
  'replay-100B': { run: replay, few: 20_000, many: 80_000 },
  'frame-100B': { run: frames, few: 20_000, many: 100_000 },
};

// Every call there is, with good and with bad arguments, from several threads that are started, stopped and
// terminated at random, while databases are opened, closed and forgotten. Ends with status 0 after so many seconds:
//
//   node --expose-gc stress.mjs <folder> <seconds>
import { join } from 'node:path';
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import { logKey, metaKey, tableRange, tableRangeUpTo } from '@shale/codec';
import { attachDatabase, openDatabase } from '@shale/rocksdb';
import { readRange, verifyEntries, writeRuns } from '../fixtures/entries.mjs';

const options = {
  writeBufferSize: 256 * 1024,
  targetFileSizeBase: 64 * 1024,
  level0FileNumCompactionTrigger: 2,
  enableStatistics: true,
};
const everything = { lower: Uint8Array.of(1), upper: Uint8Array.of(2) };
const expected =
  /^(ERR_|ROCKSDB_(CLOSED|INCOMPLETE|SHUTDOWN_IN_PROGRESS|OPTIONS_MISMATCH|INVALID_ARGUMENT|TRY_AGAIN))/;

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const bytes = () => new Uint8Array(Math.floor(Math.random() * 50)).map(() => Math.random() * 256);
const oddities = [undefined, null, 7, 'x', 1n, {}, [], new Uint8Array(0), new ArrayBuffer(9), { sync: true }];

/** One thread's work on one table of its own. */
class Load {
  constructor(database, table) {
    this.database = database;
    this.id = { region: 1n, table };
    this.last = 0n;
    this.trimmed = 0n;
    this.isClosed = false;
    this.snapshots = [];
    this.pending = new Set();
  }

  /** Starts a call, unless many are under way. */
  later(start) {
    if (this.pending.size > 10) return;
    const promise = start();
    const settled = promise.catch(tolerate).finally(() => this.pending.delete(settled));
    this.pending.add(settled);
  }

  steps = {
    write: () => {
      const count = 1 + Math.floor(Math.random() * 300);
      writeRuns(this.database, [{ id: this.id, first: this.last + 1n, count }], Math.random() < 0.05);
      this.last += BigInt(count);
    },
    verify: () => {
      const entries = readRange(this.database, tableRange(0, this.id), { chunkBytes: 20_000 });
      verifyEntries(this.id, entries, this.trimmed + 1n, this.last);
    },
    fetch: () =>
      this.later(async () => {
        const { last, trimmed } = this;
        const { lower, upper } = tableRange(0, this.id);
        const watch = this.database.watch(lower);
        const found = await this.database.fetch(lower, upper, pick([100, 5000, 300_000]), {
          watch,
          begins: true,
          enough: pick([0, 10, 2 ** 32 - 1]),
          fillCache: Math.random() < 0.5,
        });
        // When the handle is closed meanwhile, the watch ends with it.
        const isExcused = found.dropped && this.isClosed;
        const isNothing = found.entries === 0 && found.neededBytes === 0 && !isExcused;
        if (last > trimmed && isNothing && this.trimmed === trimmed) {
          throw new Error(`a fetch has found nothing: ${JSON.stringify({ ...found, buffer: null })}`);
        }
        this.database.unwatch(watch);
      }),
    peek: () => {
      const payload = this.database.peek(logKey({ instance: 0, ...this.id }, this.last));
      if (this.last > this.trimmed && payload === null) throw new Error('a peek has found nothing');
    },
    reverse: () =>
      this.database.scan(everything.lower, everything.upper, new ArrayBuffer(30_000), { reverse: true }),
    snapshot: () => this.snapshots.push(this.database.snapshot()),
    release: () => this.snapshots.pop()?.release(),
    readSnapshot: () => {
      const snapshot = this.snapshots.at(-1);
      if (snapshot)
        this.database.scan(everything.lower, everything.upper, new Uint8Array(5000), { snapshot });
    },
    trim: () => {
      const upTo = this.trimmed + (this.last - this.trimmed) / 2n;
      const { lower, upper } = tableRangeUpTo(0, this.id, upTo);
      this.database.trim(lower, upper, metaKey(0, this.id.table), this.last, { sync: false });
      this.trimmed = upTo;
      if (Math.random() < 0.3) this.later(() => this.database.deleteFilesInRanges([[lower, upper]]));
    },
    look: () => {
      const { lower, upper } = everything;
      this.database.heads(lower, upper, new Uint8Array(4000));
      this.database.ends(lower, upper);
      const { region, table } = this.id;
      const near = Array.from({ length: 70 }, (_, i) =>
        logKey({ instance: 0, region, table: table + BigInt(i % 9) }, 0n),
      );
      const prefixes = Buffer.concat(near.map((key) => key.subarray(0, 17)));
      this.database.tableEnds(prefixes, new Uint8Array(70 * 32));
      this.database.records(Uint8Array.of(0), Uint8Array.of(1), new Uint8Array(100));
      this.database.get(metaKey(0, this.id.table));
      this.database.liveFiles();
      this.database.statistics();
      this.database.property('rocksdb.stats');
      this.database.intProperty('rocksdb.estimate-num-keys');
      this.database.approximateSize(lower, upper);
      this.database.latestSequence();
      this.database.claim(`${Math.random()}`);
    },
    put: () => this.database.put(Uint8Array.of(3, ...bytes()), bytes(), { sync: false }),
    flush: () => this.later(() => this.database.flush()),
    sync: () => this.later(() => this.database.syncWal()),
    compact: () =>
      this.later(() =>
        this.database.compactRange(undefined, undefined, { bottommost: pick(['skip', 'force']) }),
      ),
    checkpoint: () =>
      Math.random() < 0.1 &&
      this.later(() => this.database.checkpoint(`${this.database.path}-${Math.random()}`)),
    resume: () => this.later(() => this.database.resume()),
    nonsense: () => {
      const method = pick([
        'write',
        'put',
        'trim',
        'drop',
        'scan',
        'peek',
        'ends',
        'heads',
        'tableEnds',
        'records',
        'get',
        'claim',
        'property',
      ]);
      const values = Array.from({ length: 6 }, () =>
        Math.random() < 0.5 ? pick(oddities) : Uint8Array.of(9, ...bytes()),
      );
      // Writes go where no table of ours is. What is removed must not begin below them, and not be wide: RocksDB takes
      // time without end for many wide ranges that overlap.
      if (method === 'trim' || method === 'drop') {
        const lower = Uint8Array.of(9, ...bytes());
        values[0] = pick([undefined, 'x', lower]);
        values[1] = pick([undefined, 'x', Uint8Array.of(...lower, 1)]);
      }
      try {
        this.database[method](...values);
      } catch (error) {
        tolerate(error);
      }
    },
  };

  step() {
    this.steps[pick(Object.keys(this.steps))]();
  }
}

function tolerate(error) {
  if (!expected.test(error.code)) throw error;
}

async function runWorker() {
  const { path, table } = workerData;
  let load = new Load(attachDatabase(path), table);
  let stopping = false;
  parentPort.on('message', () => (stopping = true));
  parentPort.postMessage('ready');
  while (!stopping) {
    for (let i = 0; i < 20; i++) load.step();
    if (Math.random() < 0.02) {
      const before = load;
      const { last, trimmed } = before;
      load = Object.assign(new Load(attachDatabase(path), table), { last, trimmed });
      if (Math.random() < 0.5) {
        before.isClosed = true;
        load.later(() => before.database.close());
      }
    }
    await pause(0);
  }
  load.isClosed = true;
  if (threadId % 2 === 0) await Promise.all([...load.pending, load.database.close()]);
  parentPort.close();
  if (threadId % 3 === 0) process.exit(0);
}

async function runMain() {
  const [folder, seconds] = process.argv.slice(2);
  const path = join(folder, 'db');
  const database = await openDatabase(path, options);
  const load = new Load(database, 1n);
  const end = Date.now() + Number(seconds) * 1000;
  const workers = new Set();
  let nextTable = 2n;
  while (Date.now() < end) {
    while (workers.size < 3) {
      const worker = new Worker(new URL(import.meta.url), { workerData: { path, table: nextTable++ } });
      workers.add(worker);
      worker.once('exit', () => workers.delete(worker));
      worker.once('error', (error) => {
        console.error(error);
        process.exit(1);
      });
    }
    for (let i = 0; i < 10; i++) load.step();
    if (Math.random() < 0.05) globalThis.gc?.();
    if (Math.random() < 0.1) load.later(() => openDatabase(path, options).then(() => {})); // forgotten
    if (Math.random() < 0.05)
      load.later(() => openDatabase(path, { ...options, readOnly: true }).then((reader) => reader.close()));
    if (Math.random() < 0.05)
      load.later(() => openDatabase(join(folder, 'other')).then((other) => other.close()));
    if (Math.random() < 0.15) {
      const worker = pick([...workers]);
      if (Math.random() < 0.7) await worker.terminate();
      else worker.postMessage('stop');
    }
    await pause(Math.random() * 5);
  }
  // What is under way would take long beside the others' writes.
  await Promise.all([...workers].map((worker) => worker.terminate()));
  await Promise.all([...load.pending]);
  load.steps.verify();
  await database.close();
}

if (isMainThread) await runMain();
else await runWorker();

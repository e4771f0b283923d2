import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  buildInterposer,
  contentOf,
  DirectoryNode,
  DiskHistory,
  type DiskOperation,
  differences,
  type JournalRecord,
  parseJournal,
  payloadOf,
  readImage,
  WatchedDisk,
  WorkloadProcess,
} from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { HANG_MS } from '../../../test/support/patience.js';
import { temporary } from './support.js';

/** Runs a script of Node's in a watched process, with `fs` and the path `file` in the watched directory. */
function run(disk: WatchedDisk, script: string): string {
  const source = `import * as fs from 'node:fs';
    const file = ${JSON.stringify(join(disk.root, '000001.log'))};
    const attempt = (f) => { try { return f(); } catch (error) { return error.code; } };
    ${script}`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, ...disk.env() },
    encoding: 'utf8',
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  expect(child.stderr).toBe('');
  return child.stdout.trim();
}

/** What the directory is after all that was recorded. */
function replay(disk: WatchedDisk): Map<string, Uint8Array | null> {
  const image = new Map<string, Uint8Array | null>();
  for (const [path, node] of DiskHistory.upTo(disk.recording(), disk.root).tree) {
    image.set(
      path.slice(disk.root.length + 1),
      node instanceof DirectoryNode ? null : contentOf(node.changes),
    );
  }
  return image;
}

test('every kind of change is recorded, so that a replay gives the directory back', async () => {
  const disk = new WatchedDisk(await temporary());
  run(
    disk,
    `process.chdir(${JSON.stringify(disk.root)});
     fs.mkdirSync('sub'); fs.mkdirSync('gone'); fs.rmdirSync('gone');
     const fd = fs.openSync('a', 'w+');
     fs.writeSync(fd, 'hello'); fs.writeSync(fd, ' world'); fs.writeSync(fd, 'J', 0); fs.writevSync(fd, [Buffer.from('x'), Buffer.from('y')]);
     fs.writevSync(fd, [Buffer.from('far'), Buffer.from('away')], 9000);
     fs.ftruncateSync(fd, 9003); fs.fsyncSync(fd); fs.fdatasyncSync(fd); fs.closeSync(fd);
     fs.appendFileSync('a', 'more'); fs.writeFileSync('b', 'b'); fs.writeFileSync('b', 'B!'); fs.linkSync('a', 'sub/c');
     fs.appendFileSync('sub/c', 'through the other name');
     fs.mkdirSync('deep'); fs.mkdirSync('deep/er'); fs.writeFileSync('deep/er/g', 'g'); fs.renameSync('deep/er', 'moved');
     fs.appendFileSync('moved/g', ' grows'); fs.rmdirSync('deep'); fs.writeFileSync(fs.mkdtempSync('temporary-') + '/h', 'h');
     fs.renameSync('b', 'sub/d'); fs.writeFileSync('e', 'e'); fs.renameSync('e', 'sub/d'); fs.writeFileSync('f', 'f'); fs.unlinkSync('f');
     fs.writeFileSync('f', 'a new file of the same name');`,
  );
  const image = replay(disk);
  expect(differences(image, readImage(disk.root))).toEqual([]);
  expect(image.size).toBe(9);
});

test('a recording of a database at work gives it back byte for byte, so nothing went past the recorder', async () => {
  const disk = new WatchedDisk(await temporary());
  const workload = new WorkloadProcess(
    {
      path: disk.database,
      journal: disk.journal,
      run: 1,
      operations: 400,
      // A trim may take an entry's bytes off the disk before its acknowledgement has been written down.
      mix: { trim: 0 },
      wal: { shards: 2, rocksdb: { writeBufferSize: 64 * 1024, minWriteBufferNumberToMerge: 1 } },
    },
    { env: disk.env() },
  );
  expect(await workload.ended).toMatchObject({ code: 0, failure: null });
  expect(differences(replay(disk), readImage(disk.root))).toEqual([]);
  const operations = disk.recording();
  const tables = operations.filter(
    (each) => each.op === 'open' && each.created && each.path.endsWith('.sst'),
  );
  expect(tables.length).toBeGreaterThan(0);
  expect(unsyncedAcknowledgements(operations, disk)).toEqual([]);
  // The test itself: without the syncs, every acknowledgement would be unsynced.
  const without = operations.map((each) => (each.op === 'syncEnd' ? { ...each, leftOut: true } : each));
  expect(unsyncedAcknowledgements(without, disk).length).toBeGreaterThan(20);
});

/** Acknowledgements of 'sync' appends that came before a sync of a log, or of a table, that has their bytes. */
function unsyncedAcknowledgements(operations: readonly DiskOperation[], disk: WatchedDisk): number[] {
  const history = new DiskHistory(disk.root);
  const submits = new Map<number, Extract<JournalRecord, { kind: 'append' }>>();
  const missing: number[] = [];
  let read = 0;
  for (const operation of operations) {
    history.add(operation);
    const { changes } = history.beside;
    if (changes.length === read) continue;
    const lines = Buffer.from(
      contentOf(changes.slice(read).map((change) => ({ ...change, offset: 0 }))),
    ).toString();
    read = changes.length;
    for (const record of parseJournal(lines)) {
      if (record.op === 'submit' && record.kind === 'append') submits.set(record.id, record);
      const submit = record.op === 'ack' ? submits.get(record.id) : undefined;
      if (submit?.durability !== 'sync') continue;
      for (const part of submit.parts) {
        const payload = payloadOf(part, 0);
        if (!isSynced(history, payload)) missing.push(submit.id);
      }
    }
  }
  return missing;
}

function isSynced(history: DiskHistory, payload: Uint8Array): boolean {
  for (const [path, node] of history.tree) {
    if (node instanceof DirectoryNode || !/\.(log|sst)$/.test(path)) continue;
    const bytes = contentOf(node.changes.filter((change) => node.isSynced(change)));
    const content = path.endsWith('.log') ? withoutHeaders(bytes) : bytes;
    if (Buffer.from(content).includes(Buffer.from(payload))) return true;
  }
  return false;
}

/**
 * A log's records without the headers between their fragments: 7 bytes, of which the fifth and sixth are the length.
 */
function withoutHeaders(log: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let block = 0; block < log.length; block += 32 * 1024) {
    const end = Math.min(log.length, block + 32 * 1024);
    for (let at = block; at + 7 <= end; ) {
      const length = (log[at + 4] ?? 0) | ((log[at + 5] ?? 0) << 8);
      pieces.push(log.subarray(at + 7, at + 7 + length));
      at += 7 + length;
    }
  }
  return Buffer.concat(pieces);
}

test('the k-th sync fails, and the others do not', async () => {
  const disk = new WatchedDisk(await temporary());
  disk.control.setRules([
    { calls: ['sync'], files: ['log'], from: 2, count: 1, fault: { kind: 'fail', error: 'EIO' } },
  ]);
  const said = run(
    disk,
    `const fd = fs.openSync(file, 'w');
     console.log([fs.fsyncSync, fs.fdatasyncSync, fs.fsyncSync].map((f) => attempt(() => f(fd))).join());`,
  );
  expect(said).toBe(',EIO,');
  expect(disk.control.counts(0)).toEqual({ seen: 3, hits: 1 });
});

test('writes are short, fail and are interrupted, and reads fail', async () => {
  const disk = new WatchedDisk(await temporary());
  disk.control.setRules([
    { calls: ['write'], from: 1, count: 1, fault: { kind: 'shorten' } },
    { calls: ['write'], from: 3, count: 1, fault: { kind: 'fail', error: 'EIO' } },
    { calls: ['write'], from: 4, count: 1, fault: { kind: 'fail', error: 'EINTR' } },
    { calls: ['read'], from: 2, count: 1, fault: { kind: 'fail', error: 'EIO' } },
  ]);
  const said = run(
    disk,
    `const fd = fs.openSync(file, 'w+');
     // Node goes on after a short write and makes an interrupted one again, all by itself.
     for (let i = 0; i < 3; i++) console.log(attempt(() => fs.writeSync(fd, '12345678')));
     for (let i = 0; i < 3; i++) console.log(attempt(() => fs.readSync(fd, Buffer.alloc(20), 0, 20, 0)));`,
  );
  expect(said.split('\n')).toEqual(['8', 'EIO', '8', '16', 'EIO', '16']);
  expect(disk.control.counts(2)).toEqual({ seen: 5, hits: 1 });
});

test('a rule acts after another one, waits for one, and holds a call until the rules are replaced', async () => {
  const disk = new WatchedDisk(await temporary());
  disk.control.setRules([
    { calls: ['write'], count: 1, fault: { kind: 'fail', error: 'EIO' } },
    { calls: ['sync'], after: 0, count: 1, fault: { kind: 'fail', error: 'ENOMEM', microseconds: 1 } },
    { calls: ['mkdir'], until: 1, fault: { kind: 'fail', error: 'EMFILE' } },
    { calls: ['truncate'], fault: { kind: 'hold' } },
    { calls: ['open'], by: 'compaction', fault: { kind: 'fail', error: 'EIO' } },
  ]);
  const said = run(
    disk,
    `import { DiskControl } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
     const control = new DiskControl(process.env.SHALE_DISK_CONTROL, { existing: true });
     const told = [];
     const tell = (name, promise) => promise.then(() => told.push(name), (error) => told.push(name + ' ' + error.code));
     const fd = fs.openSync(file, 'w');
     const waits = tell('mkdir', fs.promises.mkdir(file + '.d'));
     const held = tell('truncate', fs.promises.truncate(file, 0));
     while (control.counts(2).hits === 0 || control.counts(3).hits === 0) await new Promise(setImmediate);
     fs.fsyncSync(fd);
     told.push(attempt(() => fs.writeSync(fd, 'x')));
     told.push(attempt(() => fs.fsyncSync(fd)));
     await waits;
     told.push('replaced');
     control.setRules([{ calls: ['truncate'], fault: { kind: 'fail', error: 'EACCES' } }]);
     await held;
     console.log(told.join());`,
  );
  expect(said).toBe('EIO,ENOMEM,mkdir EMFILE,replaced,truncate EACCES');
});

test('a full disk takes what fits, refuses what grows, and has room again when files go or the limit is raised', async () => {
  const disk = new WatchedDisk(await temporary());
  disk.control.setLimit(10);
  const said = run(
    disk,
    `const fd = fs.openSync(file, 'w');
     const write = (data, at) => attempt(() => fs.writeSync(fd, data, at));
     console.log(write('12345678'), write('12345678'), write('1'), write('over', 0));
     console.log(attempt(() => fs.writeFileSync(file + '2', 'x')));
     fs.ftruncateSync(fd, 5);
     console.log(attempt(() => fs.writeFileSync(file + '2', 'xxxxx')), attempt(() => fs.writeFileSync(file + '3', 'x')));
     fs.unlinkSync(file + '2');
     console.log(attempt(() => fs.writeFileSync(file + '3', 'xxxx')));
     const control = fs.openSync(process.env.SHALE_DISK_CONTROL, 'r+');
     fs.writeSync(control, Buffer.from([100, 0, 0, 0, 0, 0, 0, 0]), 0, 8, 0);
     console.log(attempt(() => fs.appendFileSync(file + '3', '0123456789')));`,
  );
  expect(said.split('\n')).toEqual(['8 2 ENOSPC 4', 'ENOSPC', 'undefined ENOSPC', 'undefined', 'undefined']);
  expect(disk.control.used).toBe(19);
  // One of them inside Node, which goes on after the short write.
  expect(disk.control.refused).toBe(4);
});

test('a machine without a C compiler is told what to install', () => {
  const CC = process.env.CC;
  process.env.CC = '/nowhere/cc';
  try {
    expect(() => buildInterposer()).toThrow(/no compiler '\/nowhere\/cc': install one/);
  } finally {
    if (CC === undefined) delete process.env.CC;
    else process.env.CC = CC;
  }
});

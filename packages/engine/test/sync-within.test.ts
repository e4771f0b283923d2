/*
 * `syncWithinMs`: what is acknowledged with 'os' is put on stable storage by itself, whatever the event loop and the
 * shards' threads are doing. The watermark of the database, which only a sync moves, tells whether it is.
 */
import { join } from 'node:path';
import { openWal, type Wal } from '@shale/engine';
import { expect, onTestFinished, test } from 'vitest';
import {
  afterPowerLoss,
  canInterpose,
  DiskHistory,
  Random,
  WatchedDisk,
  writeImage,
} from '../../fault-kit/dist/index.js';
import { interceptStarts } from './failing-starts.js';
import { inAnotherProcess } from './processes.js';
import { all, apart, behind, bytes, endThread, open, temporary, text } from './support.js';

const FAULT_KIT = new URL('../../fault-kit/dist/index.js', import.meta.url).href;
const INTERNALS = new URL('../dist/internals.js', import.meta.url).href;
/** So long that nothing is synced by itself during a test. */
const NEVER = 2 ** 31 - 1;
const id = { region: 1n, table: 1n };

function isSynced(wal: Wal): boolean {
  const { log } = behind(wal);
  return log.syncedUpTo() >= log.writtenUpTo();
}

/** Whether the thread that syncs has something to do. */
function isNoted(wal: Wal): boolean {
  const { syncThread } = behind(wal);
  return syncThread !== null && new BigInt64Array(syncThread.memory).some((time) => time !== 0n);
}

async function untilSynced(wal: Wal): Promise<void> {
  await expect.poll(() => isSynced(wal), { interval: 1 }).toBe(true);
}

/** What a power failure leaves of the log in which only what was synced is kept. */
async function afterPowerCut(disk: WatchedDisk): Promise<string[]> {
  const history = DiskHistory.upTo(disk.recording(), disk.root);
  const loss = { fileSystem: 'strict', names: 'none', contents: 'none' } as const;
  const image = join(await temporary(), 'image');
  writeImage(afterPowerLoss(history, loss, new Random(1)), image);
  await using wal = await openWal(join(image, 'db'), { shards: 1 });
  return (await all(wal.table(id).read())).map(({ payload }) => text(payload));
}

/** Runs a script with a log that is watched, and shows what a power failure at its end leaves. */
async function runAndCutPower(syncWithinMs: number, script: string): Promise<string[]> {
  const disk = new WatchedDisk(await temporary());
  const { output } = await inAnotherProcess(
    `
    import { engineOf } from ${JSON.stringify(INTERNALS)};
    const wal = await openWal(${JSON.stringify(disk.database)}, { shards: 1, durability: 'os', syncWithinMs: ${syncWithinMs} });
    const table = wal.table({ region: 1n, table: 1n });
    const { log } = engineOf(wal);
    await table.append(Buffer.from('first'));
    await table.append(Buffer.from('second'));
    ${script}`,
    disk.env(),
  );
  expect(output).toBe('');
  return await afterPowerCut(disk);
}

test.runIf(canInterpose())(
  'what was acknowledged with os longer ago than syncWithinMs survives a power failure, however busy the event loop is',
  async () => {
    const busy = 'while (log.syncedUpTo() < log.writtenUpTo()); process.kill(process.pid, "SIGKILL");';
    expect(await runAndCutPower(40, busy)).toEqual(['first', 'second']);
  },
);

test.runIf(canInterpose())('what durable() has resolved for survives a power failure', async () => {
  const wait = 'await table.durable(2n); process.kill(process.pid, "SIGKILL");';
  expect(await runAndCutPower(40, wait)).toEqual(['first', 'second']);
});

test.runIf(canInterpose())('close() syncs what its time had not come for', async () => {
  const close = 'await wal.close(); process.kill(process.pid, "SIGKILL");';
  expect(await runAndCutPower(NEVER, close)).toEqual(['first', 'second']);
});

test.each<[string, (wal: Wal) => Promise<unknown>]>([
  ['an append', (wal) => wal.table(id).append(bytes('x'))],
  ['a batch', (wal) => wal.table(id).appendBatch([bytes('x'), bytes('y')])],
  [
    'a write over several shards',
    (wal) => {
      const { here, there } = apart(wal);
      const part = (table: bigint) => ({ table: wal.table({ region: 1n, table }), payloads: [bytes('x')] });
      return wal.write([part(here), part(there)]);
    },
  ],
  ['a trim', (wal) => wal.table(id).trim(1n)],
  ['a drop', (wal) => wal.table(id).drop()],
])('%s with os is noted before it is acknowledged, and one with sync is not', async (_, act) => {
  const wal = await open({ durability: 'os', syncWithinMs: NEVER });
  await wal.table(id).append(bytes('before'), { durability: 'sync' });
  expect(isNoted(wal)).toBe(false);
  await act(wal);
  expect(isNoted(wal)).toBe(true);
  expect(isSynced(wal)).toBe(false);
});

test('what is noted is synced, and so is what comes later', async () => {
  const wal = await open({ durability: 'os', syncWithinMs: 20 });
  for (let i = 0; i < 3; i++) {
    await wal.table(id).append(bytes('x'));
    await untilSynced(wal);
  }
});

test('without the option nothing is synced by itself', async () => {
  const wal = await open({ durability: 'os' });
  for (let i = 0; i < 20; i++) await wal.table(id).append(bytes('x'));
  expect(isSynced(wal)).toBe(false);
});

test('a shard whose thread is gone does not keep what it has acknowledged waiting', async () => {
  const wal = await open({ shards: 1, durability: 'os', syncWithinMs: 100 });
  let start = (): void => {};
  const mayStart = new Promise<void>((resolve) => {
    start = resolve;
  });
  onTestFinished(start);
  interceptStarts(async (_, attach) => {
    await mayStart;
    return await attach();
  });
  await wal.table(id).append(bytes('x'));
  await endThread(wal, 0);
  await untilSynced(wal);
  start();
  expect(await wal.table(id).append(bytes('y'))).toBe(2n);
});

test('when the thread that syncs dies, another one goes on with what there was', async () => {
  const wal = await open({ shards: 1, durability: 'os', syncWithinMs: 200 });
  const { syncThread } = behind(wal);
  for (let i = 0; i < 3; i++) {
    await wal.table(id).append(bytes('x'));
    await syncThread?.thread?.worker?.terminate();
    await untilSynced(wal);
    await expect.poll(() => syncThread?.thread?.isGone).toBe(false);
    await wal.table(id).append(bytes('y'));
    await untilSynced(wal);
  }
});

test('only one that can write has the thread, and only with the option', async () => {
  const path = await temporary();
  const writer = await open({ path, syncWithinMs: 1000 });
  expect(behind(writer).syncThread).not.toBeNull();
  expect(behind(await open({ path, readOnly: true, syncWithinMs: 1000 })).syncThread).toBeNull();
  expect(behind(await open({ syncWithinMs: 0 })).syncThread).toBeNull();
  await expect(openWal(path, { syncWithinMs: 0.5 })).rejects.toMatchObject({
    code: 'SHALE_INVALID_ARGUMENT',
  });
});

test.runIf(canInterpose())('on a full disk it waits, and goes on once there is room', async () => {
  const disk = new WatchedDisk(await temporary());
  const { output, code } = await inAnotherProcess(
    `
    import { setImmediate } from 'node:timers/promises';
    import { DiskControl } from ${JSON.stringify(FAULT_KIT)};
    import { engineOf } from ${JSON.stringify(INTERNALS)};
    const disk = new DiskControl(process.env.SHALE_DISK_CONTROL, { existing: true });
    const wal = await openWal(${JSON.stringify(disk.database)}, { shards: 1, durability: 'os', syncWithinMs: 10 });
    const { log } = engineOf(wal);
    const table = wal.table({ region: 1n, table: 1n });
    const untilSynced = async () => { while (log.syncedUpTo() < log.writtenUpTo()) await setImmediate(); };
    await table.append(Buffer.from('x'));
    disk.setLimit(1);
    const refused = await table.append(Buffer.alloc(5000)).then(() => 'acknowledged', (error) => error.code);
    disk.setLimit(null);
    await wal.resume();
    await table.append(Buffer.from('y'));
    await untilSynced();
    await table.append(Buffer.from('z'));
    await untilSynced();
    console.log(JSON.stringify([refused, wal.health, String(await table.lastSequence())]));
    await wal.close();`,
    disk.env({ record: false }),
  );
  expect(code, output).toBe(0);
  expect(JSON.parse(output)).toEqual(['SHALE_NO_SPACE', 'well', '3']);
});

test.runIf(canInterpose())(
  'a sync that fails stops the WAL at once, and the channel shale:health says so',
  async () => {
    const disk = new WatchedDisk(await temporary());
    const { output, code } = await inAnotherProcess(
      `
    import { subscribe } from 'node:diagnostics_channel';
    import { DiskControl } from ${JSON.stringify(FAULT_KIT)};
    const disk = new DiskControl(process.env.SHALE_DISK_CONTROL, { existing: true });
    const wal = await openWal(${JSON.stringify(disk.database)}, { shards: 1, durability: 'os', syncWithinMs: 20 });
    const told = new Promise((resolve) => subscribe('shale:health', ({ state, error }) => resolve([state, error.code])));
    const alive = setInterval(() => {}, 1000);
    disk.setRules([{ calls: ['sync'], files: ['log'], fault: { kind: 'fail', error: 'EIO' } }]);
    const table = wal.table({ region: 1n, table: 1n });
    await table.append(Buffer.from('x'));
    const event = await told;
    const later = await table.append(Buffer.from('y')).then(() => 'acknowledged', (error) => error.code);
    clearInterval(alive);
    const closed = await wal.close().then(() => 'closed', (error) => error.code);
    console.log(JSON.stringify([event, later, closed]));`,
      disk.env({ record: false }),
    );
    expect(code, output).toBe(0);
    expect(JSON.parse(output)).toEqual([['poisoned', 'SHALE_POISONED'], 'SHALE_POISONED', 'closed']);
  },
);

test.runIf(canInterpose())('a last sync that fails is what close() rejects with', async () => {
  const disk = new WatchedDisk(await temporary());
  const { output, code } = await inAnotherProcess(
    `
    import { DiskControl } from ${JSON.stringify(FAULT_KIT)};
    const disk = new DiskControl(process.env.SHALE_DISK_CONTROL, { existing: true });
    const wal = await openWal(${JSON.stringify(disk.database)}, { shards: 1, durability: 'os', syncWithinMs: ${NEVER} });
    await wal.table({ region: 1n, table: 1n }).append(Buffer.from('x'));
    disk.setRules([{ calls: ['sync'], files: ['log'], fault: { kind: 'fail', error: 'EIO' } }]);
    const closed = await wal.close().then(() => 'closed', (error) => error.code);
    console.log(JSON.stringify([closed, wal.state]));`,
    disk.env({ record: false }),
  );
  expect(code, output).toBe(0);
  const [closed, state] = JSON.parse(output) as [string, string];
  expect(['SHALE_IO', 'SHALE_POISONED']).toContain(closed);
  expect(state).toBe('closed');
});

test('a process that does nothing else ends, with the WAL open', async () => {
  const path = await temporary();
  const { code, output } = await inAnotherProcess(`
    const wal = await openWal(${JSON.stringify(path)}, { shards: 1, durability: 'os', syncWithinMs: ${NEVER} });
    await wal.table({ region: 1n, table: 1n }).append(Buffer.from('x'));
    console.log('done');`);
  expect([code, output]).toEqual([0, 'done\n']);
});

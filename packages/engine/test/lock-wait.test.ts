import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openWal } from '@shale/engine';
import { expect, test } from 'vitest';
import { HANG_MS } from '../../../test/support/patience.js';
import { bytes, open, rejectsWith, temporary } from './support.js';

const ENGINE = new URL('../dist/index.js', import.meta.url).href;

/** A process that has the log open, until it is asked to end as a service manager does. */
async function holder(path: string) {
  const script = `import { openWal } from ${JSON.stringify(ENGINE)};
    const wal = await openWal(${JSON.stringify(path)}, { shards: 1 });
    await wal.table('t').append(Buffer.from('of the old process'));
    process.once('SIGTERM', () => wal.close());
    const alive = setInterval(() => wal.state === 'closed' && clearInterval(alive), 10);
    console.log('open');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  await once(child.stdout, 'data');
  return child;
}

test('a rolling restart: the new process waits for the old one, and SHALE_LOCKED names its process id', async () => {
  const path = await temporary();
  const old = await holder(path);
  const locked = { code: 'SHALE_LOCKED', message: expect.stringContaining(`Process ${old.pid}`) };
  await expect(openWal(path)).rejects.toMatchObject(locked);
  const waited = { ...locked, message: expect.stringMatching(`Process ${old.pid}.*waited 1 ms`) };
  await expect(openWal(path, { waitForLock: 1 })).rejects.toMatchObject(waited);
  const waiting = openWal(path, { shards: 1, waitForLock: HANG_MS });
  old.kill('SIGTERM');
  const wal = await waiting;
  expect(await wal.table('t').append(bytes('of the new one'))).toBe(2n);
  await wal.close();
});

test('it waits for another part of this process, too, and the signal gives up', async () => {
  const path = await temporary();
  const wal = await open({ path });
  const stop = new AbortController();
  const waiting = openWal(path, { waitForLock: HANG_MS, signal: stop.signal });
  await rejectsWith('SHALE_LOCKED', openWal(path, { signal: stop.signal }));
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(openWal(path, { signal: stop.signal })).rejects.toThrow('enough');
  const next = openWal(path, { shards: 1, waitForLock: HANG_MS });
  await wal.close();
  await (await next).close();
});

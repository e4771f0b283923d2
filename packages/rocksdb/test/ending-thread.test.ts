// Between the moment in which a thread is told to end and the one in which it does, the addon answers nothing.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { addonPath } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { temporaryDatabase } from './support/temporary.js';

const MODULE = new URL('../dist/ending-thread.js', import.meta.url).href;

test('a thread takes nothing for an answer that the addon could not give it, and can still be ended', async () => {
  const program = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(MODULE)}).then(({ answering }) => {
      parentPort.postMessage(answering((...values) => values.join())(1, 2));
      try {
        parentPort.postMessage('took ' + answering(() => undefined)());
      } finally {
        parentPort.postMessage('went on');
      }
    });`;
  const worker = new Worker(program, { eval: true });
  const messages: unknown[] = [];
  worker.on('message', (message) => messages.push(message));
  await once(worker, 'message');
  // A round trip to another thread that does as much: by then this one would have gone on.
  const other = new Worker(program.replace('() => undefined', "() => 'it'"), { eval: true });
  await once(other, 'exit');
  expect(await worker.terminate()).toBe(1);
  expect(messages).toEqual(['1,2']);
});

test('a call of the addon that has nothing to say says that it is done', async () => {
  const database = await temporaryDatabase();
  const addon: Record<string, (...values: readonly unknown[]) => unknown> = createRequire(import.meta.url)(
    addonPath(),
  );
  const call = (name: string, ...values: readonly unknown[]): unknown => addon[name]?.(...values);
  const handle = call('attach', database.path, database.handleId);
  const none = new Uint8Array();
  const [lower, upper] = [Uint8Array.of(0, 1), Uint8Array.of(0, 2)];
  const watch = call('watch', handle, lower);
  const [loan, other] = [call('openLoan', handle), call('openLoan', handle)];
  call('claim', handle, 'name');
  call('useLoan', handle, loan);
  expect({
    write: call('write', handle, none, none, none, false, none),
    remove: call('remove', handle, none, false, none),
    put: call('put', handle, lower, none, false),
    change: call('change', handle, none, false),
    drop: call('drop', handle, lower, upper, lower, false),
    watchAnew: call('watchAnew', handle, watch),
    unwatch: call('unwatch', handle, watch),
    returnLoan: call('returnLoan', handle, loan),
    endLoan: call('endLoan', handle, other),
    tableEnds: call('tableEnds', handle, none, none),
    releaseClaim: call('releaseClaim', handle, 'name'),
    releaseSnapshot: call('releaseSnapshot', call('snapshot', handle)),
    peek: call('peek', handle, upper),
  }).toEqual({
    write: null,
    remove: null,
    put: null,
    change: null,
    drop: null,
    watchAnew: null,
    unwatch: null,
    returnLoan: null,
    endLoan: null,
    tableEnds: null,
    releaseClaim: null,
    releaseSnapshot: null,
    peek: null,
  });
  await call('close', handle);
});

// Between the moment in which a thread is told to end and the one in which it does, the addon answers nothing.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

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

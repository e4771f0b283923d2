/*
 * What went wrong: an append that was refused when its turn for room came gave its room back, which served the next in
 * the queue from inside of that, and so on: some 1,400 refused ones in a row overflowed the stack. The error was thrown
 * in the handler of a thread's answer, so the process ended; and where it survived, the frame was never taken for
 * settled, promises stayed open, and the bytes stayed booked.
 */
import { WalError } from '@shale/codec';
import { expect, test } from 'vitest';
import { FlowControl } from '../../dist/intake/flow.js';
import { behind, bytes, open } from '../support.js';

const LIMIT = 64 * 1024;
const MANY = 20_000;
const QUEUED = 64 * 1024 * 1024;

/** Books room that there is. */
function take(flow: FlowControl, cost: number): void {
  expect(flow.hasRoom(cost)).toBe(true);
  flow.book(cost);
}

test('thousands of waiting appends that are refused one after the other all settle, and give back their room', async () => {
  const wal = await open({ shards: 1, maxInFlightBytes: LIMIT, maxQueuedBytes: QUEUED, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const filling = table.append(new Uint8Array(LIMIT - 300));
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = Promise.allSettled(
    Array.from({ length: MANY }, () => table.append(new Uint8Array(100), { signal })),
  );
  expect(behind(wal).flow.waiting).toBe(MANY);
  controller.abort(new WalError('SHALE_INVALID_ARGUMENT', 'made by the test'));
  expect(await filling).toBe(1n);
  const codes = (await waiting).map((result) => (result.status === 'rejected' ? result.reason.code : 'in'));
  expect(new Set(codes)).toEqual(new Set(['SHALE_INVALID_ARGUMENT']));
  expect(behind(wal).flow).toMatchObject({ inFlightBytes: 0, queuedBytes: 0, waiting: 0 });
  expect(await table.append(bytes('later'))).toBe(2n);
});

test('those whose turn comes may give back their room from inside of it, however many they are', () => {
  const flow = new FlowControl({ inFlightBytes: 100, queuedBytes: QUEUED, queuedAppends: MANY });
  const served: number[] = [];
  take(flow, 100);
  for (let i = 0; i < MANY; i++) {
    flow.wait({
      cost: 100,
      takes: 'room',
      isGone: () => false,
      admit: () => {
        served.push(i);
        flow.release(100);
      },
      fail: () => served.push(-1),
    });
  }
  flow.release(100);
  expect(served).toEqual(Array.from({ length: MANY }, (_, i) => i));
  expect(flow).toMatchObject({ inFlightBytes: 0, waiting: 0 });
});

test('one whose turn throws does not stop the others, nor those that come later', () => {
  const flow = new FlowControl({ inFlightBytes: 100, queuedBytes: QUEUED, queuedAppends: 10 });
  const served: string[] = [];
  const waiter = (name: string, admit = () => void served.push(name)) => ({
    cost: 100,
    takes: 'room' as const,
    isGone: () => false,
    admit,
    fail: () => void served.push('failed'),
  });
  take(flow, 100);
  flow.wait(
    waiter('first', () => {
      throw new Error('made by the test');
    }),
  );
  flow.wait(waiter('second'));
  expect(() => flow.release(100)).toThrow('made by the test');
  flow.release(100);
  expect(served).toEqual(['second']);
});

import { expect, test } from 'vitest';
import { FlowControl } from '../dist/intake/flow.js';

function flowOf(inFlightBytes: number, queuedAppends: number, queuedBytes = 1e9): FlowControl {
  return new FlowControl({ inFlightBytes, queuedAppends, queuedBytes });
}

/** Books if there is room, as an append does. */
function tryTake(flow: FlowControl, cost: number): boolean {
  const hasRoom = flow.hasRoom(cost);
  if (hasRoom) flow.book(cost);
  return hasRoom;
}

/** A waiter that notes its turn. */
function waiter(name: string, cost: number, served: string[], takes: 'room' | 'promise' = 'room') {
  return {
    cost,
    takes,
    isGone: () => false,
    admit: () => void served.push(name),
    fail: (error: unknown) => void served.push(`${name} failed: ${String(error)}`),
  };
}

test('a small append does not overtake a large one that waits', () => {
  const flow = flowOf(100, 10);
  const served: string[] = [];
  expect(tryTake(flow, 80)).toBe(true);
  flow.wait(waiter('large', 50, served));
  expect(tryTake(flow, 10)).toBe(false);
  flow.wait(waiter('small', 10, served));
  expect(served).toEqual([]);
  flow.release(80);
  expect(served).toEqual(['large', 'small']);
  expect(flow.inFlightBytes).toBe(60);
});

test('who gives up makes room among those that wait, and lets the next one through', () => {
  const flow = flowOf(100, 2);
  const served: string[] = [];
  tryTake(flow, 80);
  const large = flow.wait(waiter('large', 50, served));
  flow.wait(waiter('small', 10, served));
  expect(() => flow.requirePlace(1)).toThrow(expect.objectContaining({ code: 'SHALE_OVERLOADED' }));
  expect(flow.leave(large)).toBe(true);
  expect(flow.leave(large)).toBe(false);
  expect(served).toEqual(['small']);
  expect(flow.waiting).toBe(0);
  expect(flow.inFlightBytes).toBe(90);
});

test('those that are about to append are served in turn and are not counted as appends', async () => {
  const flow = flowOf(100, 1);
  const served: string[] = [];
  tryTake(flow, 100);
  flow.wait(waiter('append', 60, served));
  flow.wait(waiter('ready', 1, served, 'promise'));
  const barrier = flow.barrier().then(() => served.push('barrier'));
  expect(flow.waiting).toBe(1);
  await Promise.resolve();
  expect(served).toEqual([]);
  flow.release(100);
  await barrier;
  expect(served).toEqual(['append', 'ready', 'barrier']);
  expect(flow.inFlightBytes).toBe(60);
});

test('a turn that fails everybody else fails them once', () => {
  const flow = flowOf(100, 10);
  const served: string[] = [];
  tryTake(flow, 100);
  flow.wait({
    ...waiter('first', 10, served),
    admit: () => {
      served.push('first');
      flow.failAll(new Error('stop') as never);
    },
  });
  flow.wait(waiter('second', 10, served));
  flow.release(100);
  expect(served).toEqual(['first', 'second failed: Error: stop']);
  expect(flow.waiting).toBe(0);
  expect(tryTake(flow, 90)).toBe(true);
});

test('thousands that come and give up leave nothing behind', () => {
  const flow = flowOf(100, 100_000);
  const served: string[] = [];
  tryTake(flow, 100);
  const places = Array.from({ length: 10_000 }, (_, i) => flow.wait(waiter(String(i), 10, served)));
  for (const [i, place] of places.entries()) if (i % 100 !== 0) flow.leave(place);
  expect(flow.waiting).toBe(100);
  flow.release(100);
  while (flow.inFlightBytes > 0) flow.release(10);
  expect(served).toEqual(Array.from({ length: 100 }, (_, i) => String(i * 100)));
});

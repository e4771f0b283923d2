/* The fuzzing itself must find what it is there to find. */
import { decodeAppendFrame } from '@shale/codec';
import { expect, test } from 'vitest';
import { FuzzFailure, fuzz } from '../dist/fuzz/fuzz.js';
import { Board } from '../dist/fuzz/protocol.js';
import type { Target } from '../dist/fuzz/target.js';
import { targetNamed } from '../dist/fuzz/targets/index.js';
import { HANG_MS } from '../support/patience.js';
import { randomFrom } from '../support/random.js';

const LIMITS = { inputs: 60_000, milliseconds: HANG_MS };

function target(run: Target['run']): Target {
  return { name: 'x', maxBytes: 64, tokens: [], seeds: [new Uint8Array(8)], run };
}

test('an exception of another kind is found, with the input that causes it', async () => {
  const frames = targetNamed('append-frame');
  const broken: Target = {
    ...frames,
    run(input) {
      try {
        decodeAppendFrame(input);
      } catch (error) {
        // As if the decoder did not check one field.
        if (error instanceof Error && error.message.includes('expects'))
          throw new RangeError('out of bounds');
      }
    },
  };
  const failure = await fuzz(broken, [], randomFrom(1), LIMITS, () => {}).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(FuzzFailure);
  if (!(failure instanceof FuzzFailure)) return;
  expect(() => broken.run(failure.input)).toThrow('out of bounds');
});

test('a large allocation is found', async () => {
  const kept: Uint8Array[] = [];
  const greedy = target((input) => {
    if (input[0] === 7) kept.push(new Uint8Array(100 * 1024 * 1024));
  });
  await expect(fuzz(greedy, [], randomFrom(1), LIMITS, () => {})).rejects.toThrow(/allocates \d+ bytes/);
});

test('inputs that reach new places of the code are kept and changed further', async () => {
  const report = await fuzz(
    targetNamed('append-frame'),
    [],
    randomFrom(1),
    { ...LIMITS, inputs: 3000 },
    () => {},
  );
  expect(report.interesting.length).toBeGreaterThan(3);
});

test('the thread that watches sees the input that a target is at', () => {
  const board = new Board();
  new Board(board.buffer).show(Uint8Array.of(1, 2, 3));
  new Board(board.buffer).show(Uint8Array.of(4, 5));
  expect([board.count, ...board.input]).toEqual([2, 4, 5]);
});

/*
 * Everything that takes bytes from outside gives a typed error or a right result, whatever the bytes: never another
 * kind of exception, never a hang, never a large allocation. Each target gets its corpus (test/fuzz/corpus) and some
 * thousand inputs made of it; `npm run fuzz -- --minutes N` goes on as long as one likes.
 */
import { expect, test } from 'vitest';
import { readCorpus } from '../dist/fuzz/corpus.js';
import { runTarget } from '../dist/fuzz/run.js';
import { TARGETS } from '../dist/fuzz/targets/index.js';
import { HANG_MS } from '../support/patience.js';

const INPUTS = 1000;

test.each(TARGETS.map(({ name }) => name))(
  '%s: whatever the bytes, a typed error or a right result',
  async (target) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const report = await runTarget({ target, seed, inputs: INPUTS, milliseconds: HANG_MS }).catch(
      (error: Error) => {
        throw new Error(`seed ${seed}: ${error.message}`);
      },
    );
    expect(report.inputs).toBeGreaterThan(readCorpus(target).length);
    // Otherwise coverage is not counted, and nothing guides the inputs.
    expect(report.places).toBeGreaterThan(10);
  },
);

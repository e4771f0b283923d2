/*
 * Many clients append to, read and trim the same tables at the same time; what they were told must be what one log
 * could have said, doing one thing after the other. To repeat a failure as nearly as threads allow, and to go on longer:
 *
 *   SHALE_CONCURRENCY_SEED=... npx vitest run test/concurrency
 *   SHALE_CONCURRENCY_RUNS=... (or SHALE_CONCURRENCY_MINUTES=...) npx vitest run test/concurrency
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { violationsOf } from './check.js';
import { record } from './workload.js';

const { env } = process;
const minutes = Number(env.SHALE_CONCURRENCY_MINUTES ?? 0);
const runs = Number(env.SHALE_CONCURRENCY_RUNS ?? (minutes > 0 ? 1e9 : 3));
const firstSeed = Number(env.SHALE_CONCURRENCY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A history that hangs fails, too. */
const timeout = minutes > 0 || runs > 10 ? 0 : 240_000;

async function check(deaths: boolean, calls: number): Promise<void> {
  const until = minutes > 0 ? performance.now() + (minutes * 60_000) / 2 : Number.POSITIVE_INFINITY;
  let ops = 0;
  let run = 0;
  for (; run < runs && performance.now() < until; run++) {
    const seed = firstSeed + run;
    const directory = mkdtempSync(join(parent, 'shale-concurrency-'));
    try {
      const history = await record({ directory, seed, calls, deaths });
      ops += history.length;
      const violations = violationsOf(history);
      if (violations.length === 0) continue;
      const shown = violations.slice(0, 20).join('\n');
      throw new Error(`SHALE_CONCURRENCY_SEED=${seed}: ${violations.length} violations\n${shown}`);
    } catch (error) {
      if (error instanceof Error && error.message.includes('SEED')) throw error;
      throw new Error(`SHALE_CONCURRENCY_SEED=${seed}`, { cause: error });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  if (runs > 10) console.log(`${run} histories of ${ops} operations from seed ${firstSeed} on`);
}

test('many clients at once see one log that does one thing after the other', { timeout }, async () => {
  await check(false, 1500);
});

test('threads that die meanwhile make nothing wrong', { timeout }, async () => {
  await check(true, 600);
});

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ended, start } from './child.mjs';
import { cache, root } from './paths.mjs';
import { SetupError } from './say.mjs';

/**
 * Runs every test, showing vitest's own report.
 *
 * @returns {Promise<{ ok: boolean, passed: number, failed: number, skipped: number }>} counts as vitest wrote them down
 */
export async function runTests() {
  const report = join(cache, `vitest-${process.pid}.json`);
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const vitest = join(root, 'node_modules', '.bin', 'vitest');
  const outcome = await ended(start(vitest, args, ['ignore', 'inherit', 'inherit']));
  if (!existsSync(report)) throw new SetupError(`vitest stopped before it could report (${outcome}).`);
  /**
   * @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
   * testResults: Suite[] }}
   */
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
  return {
    ok: outcome === 0 && counts.numPassedTests > 0,
    passed: counts.numPassedTests,
    failed: counts.numFailedTests + counts.testResults.filter(failedToLoad).length,
    skipped: counts.numPendingTests + counts.numTodoTests,
  };
}

/** @typedef {{ status: string, assertionResults: { status: string }[] }} Suite one test file */

/**
 * A file that fails before its tests run has no failed test to be counted by, so it counts as one itself.
 *
 * @param {Suite} suite
 */
function failedToLoad(suite) {
  return suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed');
}

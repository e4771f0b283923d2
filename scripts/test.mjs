// `npm test`: sets up, checks everything, runs every test. The last line is 'N passed, N failed', which CI reads.
import { check } from './check.mjs';
import { requireNode } from './lib/node-version.mjs';
import { fail } from './lib/say.mjs';
import { runTests } from './lib/vitest.mjs';
import { setup } from './setup.mjs';

try {
  requireNode(20, 19, 'The test runner');
  await setup();
  const failedChecks = await check();
  const tests = await runTests();
  if (failedChecks.length > 0) console.log(`Failed before the tests: ${failedChecks.join('; ')}.`);
  const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : '';
  console.log(`${tests.passed} passed, ${tests.failed} failed${skipped}`);
  if (!tests.ok || failedChecks.length > 0) process.exitCode = 1;
} catch (error) {
  fail(error);
}

// `npm run check`: everything but the tests.
import { pathToFileURL } from 'node:url';
import { checks } from './lib/checks.mjs';
import { fail } from './lib/say.mjs';
import { setup } from './setup.mjs';

/** Runs every check, so that one complaint does not hide another. Resolves to the names of those that failed. */
export async function check() {
  const failed = [];
  for (const { name, run } of checks) {
    const start = performance.now();
    const complaint = await run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${complaint === undefined ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    if (complaint === undefined) continue;
    failed.push(name);
    console.log(complaint.trimEnd());
  }
  return failed;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await setup();
    if ((await check()).length > 0) process.exitCode = 1;
  } catch (error) {
    fail(error);
  }
}

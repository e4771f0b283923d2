// Runs once before the tests that are asked for.
import { bundleAll } from '../bundle.mjs';

/** What was compiled by hand is in the files of threads and command, too. */
export async function setup() {
  await bundleAll();
}

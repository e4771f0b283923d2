// Runs once before the tests that are asked for.
import { bundleWorker } from '../../packages/engine/scripts/bundle-worker.mjs';

/** What was compiled by hand is in the file of the shards' threads, too. */
export async function setup() {
  await bundleWorker();
}

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { HANG_MS, TEST_HANG_MS } from '../support/patience.js';

/** `npm run test:embedding`: what takes too long for `npm test`, because it installs what it needs from the registry. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/embedding/*.long.ts', 'test/embedding/*.test.ts'],
    globalSetup: 'test/embedding/packed.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: TEST_HANG_MS,
    hookTimeout: TEST_HANG_MS,
    teardownTimeout: HANG_MS,
  },
});

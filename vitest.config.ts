import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';
import { HANG_MS, TEST_HANG_MS } from './test/support/patience.js';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'benchmarks/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: 'scripts/lib/test-setup.mjs',
    // Tests load the addon and start worker threads, so each file gets a process of its own.
    pool: 'forks',
    // What is compiled already is loaded by Node.js itself, as it is by applications.
    server: { deps: { external: [/\/dist\//] } },
    // Most tests wait for processes, threads and disks, so one at a time would leave the machine idle.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    testTimeout: TEST_HANG_MS,
    hookTimeout: TEST_HANG_MS,
    teardownTimeout: HANG_MS,
    expect: { poll: { timeout: HANG_MS } },
  },
});

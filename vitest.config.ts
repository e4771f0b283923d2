import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'benchmarks/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: 'scripts/lib/test-setup.mjs',
    // Tests load the addon and start worker threads, so each file gets a process of its own.
    pool: 'forks',
    // Most tests wait for processes, threads and disks, so one at a time would leave the machine idle.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

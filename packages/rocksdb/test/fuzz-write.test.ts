import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('./fuzz/fuzz-native.mjs', import.meta.url));

test('whatever the buffers of a bulk write hold, it refuses them or stays inside them', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--runs=20000'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^native-write: 20000 inputs/);
  expect(status).toBe(0);
});

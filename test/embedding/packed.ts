// Packs the packages that an application needs, as they are published, once for all tests.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PNPM = 'pnpm@10.34.9';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The directory of the packed packages. */
    packed: string;
  }
}

/** Called by vitest; what it returns is called at the end. */
export default function setup({ provide }: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'shale-packed-'));
  for (const name of ['codec', 'rocksdb', 'storage', 'engine']) {
    execFileSync('npx', ['-y', PNPM, 'pack', '--pack-destination', directory], {
      cwd: join(root, 'packages', name),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  provide('packed', directory);
  return () => rmSync(directory, { recursive: true, force: true });
}

// Packs the packages that an application needs, as `npm run pack` does, once for all tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packAll } from '../../scripts/lib/packing.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The directory of the packed packages. */
    packed: string;
  }
}

/** Called by vitest; what it returns is called at the end. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'shale-packed-'));
  await packAll(directory, 'any');
  provide('packed', directory);
  return () => rmSync(directory, { recursive: true, force: true });
}

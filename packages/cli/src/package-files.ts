import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// This module and the bundle that it is put into are both in dist/.

/** The command as it is started. */
export const COMMAND_FILE: string = fileURLToPath(new URL('../bin/shale.js', import.meta.url));

/** The page of `shale top --web`. */
export const PAGE_FILE: string = fileURLToPath(new URL('../dist/page.html', import.meta.url));

/** The version of this package. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '?';
}

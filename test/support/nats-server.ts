import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This file runs compiled, too, one folder deeper. */
function finder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'scripts', 'nats-server.mjs');
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) throw new Error('scripts/nats-server.mjs is not there');
  }
}

/** The nats-server for tests, fetched if it has to be; or why there is none, and then what needs it is skipped. */
export function natsServer(): { readonly path: string } | { readonly missing: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [finder()], { encoding: 'utf8' });
  return status === 0 ? { path: stdout.trim() } : { missing: stderr.trim() };
}

import { readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Machine } from '../report/schema.js';

/** The properties of the machine that affect the results. */
export async function describeMachine(directory: string): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    os: `${type()} ${release()}`,
    fileSystem: fileSystemOf(await realpath(directory)),
    load: loadavg().map((value) => Math.round(value * 100) / 100),
  };
}

/** The type of the file system that holds a path: that of the longest mount point above it. */
function fileSystemOf(path: string): string {
  let mounts: string;
  try {
    mounts = readFileSync('/proc/self/mounts', 'utf8');
  } catch {
    return 'unknown';
  }
  let best = { at: '', type: 'unknown' };
  for (const line of mounts.split('\n')) {
    const [, at = '', type = ''] = line.split(' ');
    const holds = at === '/' || path === at || path.startsWith(`${at}/`);
    if (type !== '' && holds && at.length >= best.at.length) best = { at, type };
  }
  return best.type;
}

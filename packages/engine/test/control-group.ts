import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { HANG_MS } from '../../../test/support/patience.js';

/** What a container is given. */
export interface Limits {
  /** Bytes. */
  readonly memory: number;
  /** Processors. */
  readonly cpus: number;
}

const ROOT = '/sys/fs/cgroup';
const PERIOD = 100_000;

/** Runs a program in a control group of its own, as in a container; null where none can be made. */
export function inControlGroup(limits: Limits, command: string, args: readonly string[]): string | null {
  const groups: string[] = [];
  try {
    const quota = Math.round(limits.cpus * PERIOD);
    if (existsSync(`${ROOT}/cgroup.controllers`)) {
      const group = make(ROOT, groups);
      writeFileSync(`${group}/memory.max`, String(limits.memory));
      writeFileSync(`${group}/cpu.max`, `${quota} ${PERIOD}`);
    } else {
      writeFileSync(`${make(`${ROOT}/memory`, groups)}/memory.limit_in_bytes`, String(limits.memory));
      writeFileSync(`${make(`${ROOT}/cpu`, groups)}/cpu.cfs_quota_us`, String(quota));
    }
  } catch {
    remove(groups);
    return null;
  }
  try {
    const enter = groups.map((group) => `echo $$ > ${group}/cgroup.procs`).join(' && ');
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', `${enter} && exec "$@"`, 'sh', command, ...args],
      {
        encoding: 'utf8',
        timeout: HANG_MS,
      },
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  } finally {
    remove(groups);
  }
}

function make(parent: string, groups: string[]): string {
  const group = `${parent}/shale-test-${process.pid}`;
  mkdirSync(group);
  groups.push(group);
  return group;
}

function remove(groups: readonly string[]): void {
  for (const group of groups) {
    // Empty as soon as the kernel has let go of what ran in it.
    for (let tries = 0; tries < 1000 && readFileSync(`${group}/cgroup.procs`, 'utf8') !== ''; tries++);
    rmdirSync(group);
  }
}

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Processors that this process may keep busy: those it may run on, or less where a control group (a container) gives it
 * a quota of time, of which Node.js 20 knows nothing.
 *
 * @param root where the file systems of the system are, for tests
 */
export function processors(root: string = ''): number {
  return Math.min(availableParallelism(), Math.ceil(cpuQuota(root)));
}

/** The quota as a number of processors, infinite without one: the least of the process's control groups. */
export function cpuQuota(root: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (const line of (read(`${root}/proc/self/cgroup`) ?? '').split('\n')) {
    // `0::/path` of version 2, `4:cpu,cpuacct:/path` of version 1.
    const [, controllers = '-', path = '/'] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const isUnified = controllers === '';
    if (!isUnified && !controllers.split(',').includes('cpu')) continue;
    const mount = `${root}/sys/fs/cgroup${isUnified ? '' : '/cpu'}`;
    for (const group of upwards(path)) {
      const quota = isUnified ? quotaOfUnified(mount + group) : quotaOfVersion1(mount + group);
      least = Math.min(least, quota);
    }
  }
  return least;
}

/** A group and those it is in. In a container the outer ones, and sometimes its own, cannot be seen: they are skipped. */
function upwards(path: string): string[] {
  const groups = [''];
  for (const name of path.split('/')) if (name !== '') groups.push(`${groups.at(-1)}/${name}`);
  return groups;
}

/** `max 100000`, or `150000 100000`: microseconds of each period. */
function quotaOfUnified(group: string): number {
  const [quota = '', period = ''] = (read(`${group}/cpu.max`) ?? '').trim().split(' ');
  return toQuota(quota, period);
}

function quotaOfVersion1(group: string): number {
  return toQuota(read(`${group}/cpu.cfs_quota_us`) ?? '', read(`${group}/cpu.cfs_period_us`) ?? '');
}

function toQuota(quota: string, period: string): number {
  const processorsOf = Number(quota) / Number(period);
  // -1 is none in version 1, `max` in version 2.
  return processorsOf > 0 ? processorsOf : Number.POSITIVE_INFINITY;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

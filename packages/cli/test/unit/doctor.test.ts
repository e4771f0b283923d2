import { describe, expect, it } from 'vitest';
import { judgeMount } from '../../dist/doctor/file-system.js';
import { limitIn } from '../../dist/doctor/limits.js';
import { memory } from '../../dist/doctor/machine.js';
import { mountOf, parseMounts } from '../../dist/doctor/mounts.js';

const MOUNTS = parseMounts(`22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw,data=writeback
40 27 0:30 / /data rw - xfs /dev/sdb rw
41 27 0:31 / /data rw - nfs4 server:/export rw,vers=4.2
42 27 0:32 / /with\\040space rw,nobarrier - ext4 /dev/sdc rw
nonsense
`);

it('the memory of a container is told, and is enough or not', () => {
  expect(memory(2 ** 28)).toMatchObject({
    state: 'warn',
    found: expect.stringContaining('the container may take 256 MiB'),
    data: { limitBytes: 2 ** 28 },
  });
  for (const none of [0, 2 ** 62]) expect(memory(none).data).toMatchObject({ limitBytes: null });
});

describe('the mount of a path', () => {
  it.each([
    ['/var/lib', '/', 'ext4'],
    ['/data', '/data', 'nfs4'],
    ['/data/log', '/data', 'nfs4'],
    ['/database', '/', 'ext4'],
    ['/with space/log', '/with space', 'ext4'],
  ])('of %s is %s, %s: the deepest, and the one that was mounted last', (path, point, type) => {
    expect(mountOf(path, MOUNTS)).toMatchObject({ point, type });
  });

  it('has the options of mount and file system', () => {
    expect(mountOf('/', MOUNTS)?.options).toEqual(['rw', 'relatime', 'data=writeback']);
  });
});

describe('a file system', () => {
  it.each([
    ['ext4', ['rw', 'relatime'], 'ok'],
    ['xfs', ['rw'], 'ok'],
    ['tmpfs', ['rw'], 'bad'],
    ['ext4', ['ro'], 'bad'],
    ['ext4', ['rw', 'nobarrier'], 'bad'],
    ['ext4', ['rw', 'barrier=0'], 'bad'],
    ['ext4', ['rw', 'data=writeback'], 'warn'],
    ['overlay', ['rw'], 'warn'],
    ['nfs4', ['rw'], 'warn'],
    ['fuse.sshfs', ['rw'], 'warn'],
    ['fuseblk', ['rw'], 'warn'],
  ])('%s with %s is %s', (type, options, state) => {
    const verdict = judgeMount({ type, options });
    expect([verdict.state, verdict.advice === undefined]).toEqual([state, state === 'ok']);
  });
});

describe('limits', () => {
  it('are the soft ones', () => {
    const text = `Limit                     Soft Limit           Hard Limit           Units
Max processes             unlimited            unlimited            processes
Max open files            1024                 4096                 files
`;
    expect(limitIn(text, 'Max open files')).toBe(1024);
    expect(limitIn(text, 'Max processes')).toBe(Number.POSITIVE_INFINITY);
    expect(limitIn(text, 'Max nothing')).toBeUndefined();
  });
});

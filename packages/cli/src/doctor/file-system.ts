import { readFileSync, statfsSync } from 'node:fs';
import { formatBytes, formatCount } from '../output/units.js';
import { type Check, judge, type Verdict } from './check.js';
import { type Mount, mountOf, parseMounts } from './mounts.js';

const IN_MEMORY = ['tmpfs', 'ramfs'];
const NETWORK =
  /^(?:nfs\d?|cifs|smb\d?|smbfs|9p|ceph|glusterfs|lustre|afs|fuse\.(?:sshfs|glusterfs|s3fs|rclone|gcsfuse))$/;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What the log's directory is on. */
export function fileSystem(path: string): Check {
  let mount: Mount | undefined;
  try {
    mount = mountOf(path, parseMounts(readFileSync('/proc/self/mountinfo', 'utf8')));
  } catch {
    // Not Linux.
  }
  if (mount === undefined) {
    return { name: 'file system', state: 'ok', found: 'not known on this system', data: { type: null } };
  }
  const { type, point, options } = mount;
  return {
    name: 'file system',
    found: `${type} on ${point} (${options.join(',')})`,
    data: { type, mountPoint: point, options },
    ...judgeMount(mount),
  };
}

/** What a file system of this type and with these options means for a log. */
export function judgeMount({ type, options }: Pick<Mount, 'type' | 'options'>): Verdict {
  const has = (option: string): boolean => options.includes(option);
  return judge(
    [
      IN_MEMORY.includes(type),
      'bad',
      'It is in memory: everything is lost when the machine stops. Use a disk.',
    ],
    [has('ro'), 'bad', 'It is mounted read-only: nothing can be appended.'],
    [
      has('nobarrier') || has('barrier=0'),
      'bad',
      'Without barriers a sync does not reach the disk: acknowledged entries are lost when the power fails. Mount it with barriers.',
    ],
    [
      NETWORK.test(type),
      'warn',
      'Locks and syncs over a network are as good as its server and mount options: use a local disk.',
    ],
    [
      type === 'overlay',
      'warn',
      "A container's own layer is slow and goes with the container: use a volume.",
    ],
    [
      type.startsWith('fuse'),
      'warn',
      'A file system in user space may not sync to the disk when asked to: find out.',
    ],
    [
      has('data=writeback'),
      'warn',
      'After a crash, files may end in old bytes. RocksDB tells by checksums, but data=ordered is safer.',
    ],
  );
}

/** Room on the disk. */
export function freeSpace(path: string): Check {
  const { bavail, blocks, bsize, files, ffree } = statfsSync(path);
  const [free, total] = [bavail * bsize, blocks * bsize];
  const inodes = files === 0 ? 'not counted' : formatCount(ffree);
  return {
    name: 'free space',
    found: `${formatBytes(free)} of ${formatBytes(total)}, inodes ${inodes}`,
    data: { freeBytes: free, totalBytes: total, freeInodes: files === 0 ? null : ffree },
    ...judge(
      [free < 256 * MIB, 'bad', 'RocksDB needs room for its log and for table files: free some space.'],
      [files > 0 && ffree < 100, 'bad', 'There is no room for new files: remove some.'],
      [free < 2 * GIB || free < total * 0.03, 'warn', 'It is nearly full: trim the log, or make room.'],
      [files > 0 && ffree < 10_000, 'warn', 'There are few inodes left.'],
    ),
  };
}

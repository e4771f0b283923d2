/** A line of `/proc/self/mountinfo`. */
export interface Mount {
  readonly point: string;
  readonly type: string;
  /** Options of the mount and of the file system, together. */
  readonly options: readonly string[];
}

/** Reads `/proc/self/mountinfo`. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    // 36 35 98:0 /root /mnt/point rw,noatime master:1 - ext4 /dev/sda1 rw,data=ordered
    const [left, right] = line.split(' - ');
    const before = left?.split(' ') ?? [];
    const after = right?.split(' ') ?? [];
    const [point, own] = [before[4], before[5]];
    const [type, , ofSystem] = after;
    if (point === undefined || own === undefined || type === undefined) continue;
    const options = [...new Set([...own.split(','), ...(ofSystem ?? '').split(',')])].filter(
      (option) => option !== '',
    );
    mounts.push({ point: unescaped(point), type, options });
  }
  return mounts;
}

/** The mount that a path without links is on: the deepest, and of those the one mounted last. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const inside = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
    if (inside && mount.point.length >= (found?.point.length ?? 0)) found = mount;
  }
  return found;
}

/** Spaces and the like are octal there. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

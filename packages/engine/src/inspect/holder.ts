import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The process that has a database open for writing, by what it has written into the file WRITER. */
export interface Holder {
  readonly pid: number;
  /** Null on this machine, and in this container. */
  readonly elsewhere: string | null;
}

/** Who has a database open; null for nobody, or when that cannot be told. */
export function readHolder(directory: string): Holder | null {
  const writer = join(directory, 'WRITER');
  // A pipe of that name would never end.
  if (!lstatSync(writer, { throwIfNoEntry: false })?.isFile()) return null;
  const fields = new Map(
    textOf(writer)
      .split('\n')
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );
  const pid = Number(fields.get('pid'));
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  if (fields.get('boot') !== textOf('/proc/sys/kernel/random/boot_id').trim() || !isOfNamespace(fields)) {
    return { pid, elsewhere: fields.get('host') || 'another machine' };
  }
  // A process that was killed leaves its name, which another one may have got.
  return startOf(pid) === fields.get('start') ? { pid, elsewhere: null } : null;
}

function isOfNamespace(fields: ReadonlyMap<string, string>): boolean {
  try {
    return fields.get('namespace') === readlinkSync('/proc/self/ns/pid');
  } catch {
    return false;
  }
}

/**
 * When a process was started, the 22nd of its numbers: the second may have any characters, and ends with the last `)`.
 * Empty for one that is dead, whether anybody has asked for what became of it or not.
 */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isDead = fields[0] === 'Z' || fields[0] === 'X';
  return isDead ? '' : (fields[19] ?? '');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

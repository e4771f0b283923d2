import { mustBe, WalError } from '@shale/codec';
import type { BackupInfo, DamagedBackup, Holdings } from './list.js';

/** Which backup to restore. */
export interface RestoreOptions {
  /**
   * Its id.
   *
   * @range 1 to 2^32-1
   * @defaultValue the newest one, if it is whole
   */
  readonly id?: number | undefined;
  /**
   * Of which log, as {@link BackupInfo.log} names it. Needed when the directory has backups of several and no `id` is
   * given.
   *
   * @defaultValue the one that all backups are of
   */
  readonly log?: string | undefined;
  /**
   * Whether an older backup is restored when the newest one is damaged. Without it that is SHALE_CORRUPT, and nothing
   * is restored.
   *
   * @defaultValue false
   */
  readonly allowOlder?: boolean | undefined;
}

/** A newer backup that was not restored. */
export interface PassedOver {
  /** Its id. */
  readonly id: number;
  /** What is wrong with it. */
  readonly reason: string;
}

/** What may be restored, and what was passed over before. */
export interface Choice {
  /** The first is what is asked for; then come older ones, newest first. */
  readonly candidates: readonly BackupInfo[];
  readonly passedOver: readonly PassedOver[];
}

/** Throws SHALE_INVALID_ARGUMENT unless it can be the id of a backup. */
export function checkBackupId(id: unknown): number {
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 1 && id < 2 ** 32) return id;
  throw mustBe('id', 'the number of a backup, from 1', id);
}

const WRONG_FILES = 'files are missing or have another size';

/**
 * Chooses. Throws SHALE_NOT_FOUND (there is none, or none of this id or log), SHALE_CORRUPT (the one that is asked
 * for is damaged), SHALE_INVALID_ARGUMENT (there are several logs, and none is named, or the one of this id is of
 * another log).
 */
export function choose(directory: string, held: Holdings, options: RestoreOptions): Choice {
  if (options.id !== undefined)
    return { candidates: [byId(directory, held, options.id, options.log)], passedOver: [] };
  const log = options.log === undefined ? onlyLog(directory, held) : options.log;
  const whole = held.backups.filter((each) => each.log === log).reverse();
  // A backup of an unknown log may be of this one.
  const damaged = held.damaged.filter((each) => each.log === log || each.log === null);
  const newest = whole[0];
  const newer = damaged.filter(({ id }) => id > (newest?.id ?? 0)).reverse();
  const passedOver = newer.map(({ id }) => ({ id, reason: WRONG_FILES }));
  if (newer[0] !== undefined && (newest === undefined || options.allowOlder !== true)) {
    throw damagedNewest(directory, newer[0].id, WRONG_FILES, newest);
  }
  if (newest === undefined) {
    const of = log === null ? '' : ` of the log ${log}`;
    throw noBackup(directory, of);
  }
  return { candidates: whole, passedOver };
}

/** The error for the newest backup that cannot be restored, which says what can be instead. */
export function damagedNewest(
  directory: string,
  id: number,
  reason: string,
  older: BackupInfo | undefined,
  cause?: unknown,
): WalError {
  const instead =
    older === undefined
      ? 'there is no older one that is whole'
      : `nothing was restored; backup ${older.id} of ${older.time.toISOString()} is the next older one: name it, or allow older ones (allowOlder, --allow-older)`;
  const options = { path: directory, details: { backup: id } };
  return new WalError(
    'SHALE_CORRUPT',
    `the newest backup in ${directory}, ${id}, is damaged (${reason}): ${instead}`,
    cause === undefined ? options : { ...options, cause },
  );
}

/** The error for the very backup that was asked for. */
export function damagedBackup(directory: string, id: number, reason: string, cause?: unknown): WalError {
  const options = { path: directory, details: { backup: id } };
  return new WalError(
    'SHALE_CORRUPT',
    `backup ${id} in ${directory} is damaged (${reason}): restore another one`,
    cause === undefined ? options : { ...options, cause },
  );
}

/**
 * The error for a backup that is not there.
 *
 * @param which as the message goes on: ` 3`, ` of the log …`
 */
export function noBackup(directory: string, which: string): WalError {
  return new WalError(
    'SHALE_NOT_FOUND',
    `there is no backup${which} in ${directory}: listBackups, or shale backup --list, tells the ids (id, --id) and the logs (log, --log) of those that there are`,
    { path: directory },
  );
}

/** The error for a backup that is of another log than was said. */
export function ofAnotherLog(
  directory: string,
  found: BackupInfo | DamagedBackup,
  log: string | null,
): WalError {
  const said = nameOf({ log, logPath: null });
  return new WalError(
    'SHALE_INVALID_ARGUMENT',
    `backup ${found.id} in ${directory} is of ${nameOf(found)}, and not of ${said}: name another backup (id, --id) or that log (log, --log); listBackups, or shale backup --list, tells which there are`,
    { path: directory, details: { field: 'log' } },
  );
}

function byId(directory: string, held: Holdings, id: number, log: string | undefined): BackupInfo {
  const found = held.backups.find((each) => each.id === id);
  if (found === undefined) {
    const damaged = held.damaged.map((each) => each.id);
    if (damaged.includes(id)) {
      throw damagedBackup(directory, id, WRONG_FILES);
    }
    throw noBackup(directory, ` ${id}`);
  }
  if (log === undefined || found.log === log) return found;
  throw ofAnotherLog(directory, found, log);
}

/** The log that all backups are of; null when it is of none of them known. */
function onlyLog(directory: string, held: Holdings): string | null {
  const newest = new Map<string | null, BackupInfo | DamagedBackup>();
  // Of a damaged one it may not be known because of the damage, and it counts in any case.
  for (const each of held.damaged) if (each.log !== null) newest.set(each.log, each);
  for (const each of held.backups) newest.set(each.log, each);
  if (newest.size <= 1) return [...newest.keys()][0] ?? null;
  const all = [...held.backups, ...held.damaged];
  const list = [...newest].map(([log, last]) => {
    const ids = all.filter((each) => each.log === log).map(({ id }) => id);
    return `${nameOf(last)}: ${ids.sort((a, b) => a - b).join(', ')}`;
  });
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `${directory} has backups of several logs, so say which: name the log (log, --log) or a backup (id, --id). ${list.join('; ')}`,
    { path: directory, details: { field: 'log', logs: newest.size } },
  );
}

/** A backup's log as messages name it. */
export function nameOf({ log, logPath }: Pick<DamagedBackup, 'log' | 'logPath'>): string {
  if (log === null) return 'a log that is not written down';
  return logPath === null ? `the log ${log}` : `the log ${log} (${logPath})`;
}

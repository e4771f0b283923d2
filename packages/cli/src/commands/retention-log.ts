import type { RetainedTables, RetainOptions, RetainTarget, RetentionInfo, Wal } from '@shale/engine';
import type { Inspection } from '@shale/engine/admin';
import type { Terminal } from '../output/terminal.js';
import { openForChange, openForReading } from './open-log.js';
import { runningLog } from './running-log.js';

/** What is retained of a log, whether a process has it open or not. */
export interface RetentionsOfLog extends AsyncDisposable {
  list(): Promise<readonly RetentionInfo[]>;
  /** Null removes what is set. */
  set(target: 'all' | RetainedTables, options: RetainOptions | null): Promise<void>;
}

const HINT = 'What is retained can be changed when it is closed, or by the process itself: wal.retain().';

/**
 * What is retained of a log: of the process that has it open and shows it, or of the files. Where a process has it open and
 * shows it to nobody, that can be looked at, and not be changed.
 */
export async function retentionsOf(
  directory: string,
  terminal: Terminal,
  access: 'look' | 'change',
): Promise<RetentionsOfLog> {
  const inspection = await runningLog(directory, access, HINT);
  if (inspection !== null) return new OfProcess(inspection);
  const wal =
    access === 'look' ? await openForReading(directory, terminal) : await openForChange(directory, terminal);
  return new OfFiles(wal);
}

class OfProcess implements RetentionsOfLog {
  readonly #inspection: Inspection;

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  async list(): Promise<readonly RetentionInfo[]> {
    return await this.#inspection.retentions();
  }

  async set(target: 'all' | RetainedTables, options: RetainOptions | null): Promise<void> {
    await this.#inspection.retain(target, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inspection.close();
  }
}

class OfFiles implements RetentionsOfLog {
  readonly #wal: Wal;

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  async list(): Promise<readonly RetentionInfo[]> {
    return await this.#wal.retentions();
  }

  async set(target: 'all' | RetainedTables, options: RetainOptions | null): Promise<void> {
    await this.#wal.retain(targetIn(this.#wal, target), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wal.close();
  }
}

function targetIn(wal: Wal, target: 'all' | RetainedTables): RetainTarget {
  if (target === 'all') return target;
  const { region = 0n, table, name, prefix } = target;
  if (prefix !== undefined) return { prefix };
  if (name !== undefined) return wal.table(name);
  return table === undefined ? wal.region(region) : wal.table({ region, table });
}

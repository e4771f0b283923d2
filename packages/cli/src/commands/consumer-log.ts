import type { ConsumerInfo, ConsumerPosition, SeekTo, Wal } from '@shale/engine';
import type { Inspection } from '@shale/engine/admin';
import { CliError } from '../cli-error.js';
import type { Terminal } from '../output/terminal.js';
import { openForChange, openForReading } from './open-log.js';
import { runningLog } from './running-log.js';
import { findTable, type TableArgument } from './table-argument.js';

/** The consumers of a log, whether a process has it open or not. */
export interface ConsumersOfLog extends AsyncDisposable {
  list(): Promise<readonly ConsumerInfo[]>;
  positions(name: string): AsyncIterable<ConsumerPosition>;
  /** Resolves with where it is then. */
  seek(name: string, table: TableArgument, to: SeekTo): Promise<bigint>;
  /** False when there was none. */
  drop(name: string): Promise<boolean>;
}

/**
 * The consumers of a log: of the process that has it open and shows it, or of the files. Where a process has it open and
 * shows it to nobody, they can be looked at as they are stored, and not be changed.
 */
export async function consumersOf(
  directory: string,
  terminal: Terminal,
  access: 'look' | 'change',
): Promise<ConsumersOfLog> {
  const inspection = await runningLog(directory, access, HINT);
  if (inspection !== null) return new OfProcess(inspection);
  const wal =
    access === 'look' ? await openForReading(directory, terminal) : await openForChange(directory, terminal);
  return new OfFiles(wal);
}

const HINT =
  'Its consumers can be changed when it is closed, or by the process itself: wal.seekConsumer() and wal.dropConsumer().';

class OfProcess implements ConsumersOfLog {
  readonly #inspection: Inspection;

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  async list(): Promise<readonly ConsumerInfo[]> {
    return await this.#inspection.consumers();
  }

  positions(name: string): AsyncIterable<ConsumerPosition> {
    return this.#inspection.consumerPositions(name);
  }

  async seek(name: string, { table, region }: TableArgument, to: SeekTo): Promise<bigint> {
    if (region === undefined) return await this.#inspection.seekConsumer(name, table, to);
    return await this.#inspection.seekConsumer(name, { region, table: numberOf(table) }, to);
  }

  async drop(name: string): Promise<boolean> {
    return await this.#inspection.dropConsumer(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inspection.close();
  }
}

class OfFiles implements ConsumersOfLog {
  readonly #wal: Wal;

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  async list(): Promise<readonly ConsumerInfo[]> {
    return await this.#wal.consumers({ ages: true });
  }

  positions(name: string): AsyncIterable<ConsumerPosition> {
    return this.#wal.consumerPositions(name, { ages: true });
  }

  async seek(name: string, table: TableArgument, to: SeekTo): Promise<bigint> {
    return await this.#wal.seekConsumer(name, await findTable(this.#wal, table), to);
  }

  async drop(name: string): Promise<boolean> {
    return await this.#wal.dropConsumer(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wal.close();
  }
}

function numberOf(table: string): bigint {
  if (/^\d{1,20}$/.test(table)) return BigInt(table);
  throw new CliError('CLI_USAGE', `with --region the table is a number, not ${JSON.stringify(table)}`);
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openWal, type WalOptions } from '@shale/engine';
import {
  assertClean,
  checkDatabase,
  journalRecords,
  Ledger,
  type OracleReport,
  type StartOptions,
  settle,
  type WorkloadOptions,
  WorkloadProcess,
} from '@shale/fault-kit';
import { keepCopy } from './keep-copy.js';

/**
 * A directory that workload processes work on one after the other, and what the oracle holds of it. Beside the database
 * lie the journals since the last check, and the database as it was before that: whoever wants to know what happened
 * finds all there.
 */
export class CrashSite {
  readonly #directory: string;
  #ledger = new Ledger();
  #journals: string[] = [];
  #processes: WorkloadProcess[] = [];
  #runs = 0;
  #ages = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The database directory of now. */
  get path(): string {
    return join(this.#directory, `db-${this.#ages}`);
  }

  /** Starts a process on the database. */
  start(
    options: Omit<WorkloadOptions, 'path' | 'journal' | 'run'>,
    start: StartOptions = {},
  ): WorkloadProcess {
    const run = ++this.#runs;
    const journal = join(this.#directory, `journal-${run}`);
    this.#journals.push(journal);
    const workload = new WorkloadProcess({ path: this.path, journal, run, ...options }, start);
    this.#processes = [...this.#processes.filter(({ isAlive }) => isAlive), workload];
    return workload;
  }

  /** Ends every process that is still there: an attack that has failed leaves none behind. */
  async killAll(): Promise<void> {
    await Promise.all(this.#processes.map((workload) => workload.kill()));
  }

  /** Opens the database and compares it with the journals of all processes so far. Rejects with what is wrong. */
  async check(options: WalOptions & { readonly thorough?: boolean } = {}): Promise<OracleReport> {
    const { thorough = false, ...open } = options;
    for (const journal of this.#journals) this.#ledger.absorb(journalRecords(journal));
    await keepCopy(this.path, join(this.#directory, 'before-check'));
    const wal = await openWal(this.path, open);
    let report: OracleReport;
    try {
      report = await checkDatabase(wal, this.#ledger);
      assertClean(report);
      if (thorough) {
        for await (const event of wal.verify()) {
          if (event.type === 'finding') throw new Error(`verify found: ${event.message}`);
        }
      }
    } finally {
      await wal.close();
    }
    settle(this.#ledger, report);
    for (const journal of this.#journals.splice(0)) await rm(journal, { force: true });
    return report;
  }

  /** Goes on with a database that does not exist yet. */
  async startOver(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    this.#ages++;
    this.#ledger = new Ledger();
    this.#journals = [];
    await mkdir(this.#directory, { recursive: true });
  }
}

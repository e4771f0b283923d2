import { closeSync, openSync, writeSync } from 'node:fs';
import type { JournalRecord } from './records.js';

/**
 * Writes a journal: each record is one line, handed to the operating system before `write` returns, so that SIGKILL
 * loses none of it. Not synced: it is there to outlive the process, not the machine.
 */
export class JournalWriter implements Disposable {
  readonly #fd: number;

  /** Appends to a file, which is made if there is none, or writes to a pipe. Throws the error of open(2). */
  constructor(path: string) {
    this.#fd = openSync(path, 'a', 0o600);
  }

  /** Writes one record. Throws the error of write(2). */
  write(record: JournalRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    for (let at = 0; at < line.length; ) at += writeSync(this.#fd, line, at);
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#fd);
  }

  /** `using` closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }
}

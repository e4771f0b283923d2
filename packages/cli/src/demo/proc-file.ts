import { closeSync, openSync, readSync } from 'node:fs';

const INITIAL_BYTES = 16 * 1024;

/**
 * A file of /proc that is read again and again through one descriptor; `undefined` when the system has no such file.
 */
export class ProcFile {
  readonly #fd: number;
  #buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);

  private constructor(fd: number) {
    this.#fd = fd;
  }

  static open(path: string): ProcFile | undefined {
    try {
      const file = new ProcFile(openSync(path, 'r'));
      file.read();
      return file;
    } catch {
      return undefined;
    }
  }

  /** What the file says now. */
  read(): string {
    let length = 0;
    for (;;) {
      const read = readSync(this.#fd, this.#buffer, length, this.#buffer.length - length, length);
      length += read;
      if (read === 0 || length < this.#buffer.length) break;
      const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    return this.#buffer.toString('latin1', 0, length);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

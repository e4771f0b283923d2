import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { WalError } from '@shale/codec';

/** What a socket's address takes, in bytes. */
const MOST_BYTES = 107;
/** Where the system shows the files that a process has open: a short way into a directory of any name. */
const OPEN_FILES = '/proc/self/fd';

/**
 * A directory as a socket's address can name it: those have room for a short path only, and the directory may be renamed
 * while it is in use. Close it when nothing is done there any more.
 */
export class Place implements Disposable {
  readonly #directory: string;
  readonly #openFiles: string;
  readonly #file: number;

  /** Throws the system's error. */
  constructor(directory: string, openFiles: string = OPEN_FILES) {
    this.#directory = directory;
    this.#openFiles = openFiles;
    this.#file = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  /** The path of something in it. Throws SHALE_UNSUPPORTED when no short one is to be had. */
  of(name: string): string {
    const short = `${this.#openFiles}/${this.#file}`;
    const isShort = existsSync(short);
    const path = `${isShort ? short : this.#directory}/${name}`;
    if (Buffer.byteLength(path) <= MOST_BYTES) return path;
    throw new WalError(
      'SHALE_UNSUPPORTED',
      isShort
        ? `a socket cannot be reached at ${path}: choose a shorter name`
        : `a socket cannot be reached at ${path}: without ${OPEN_FILES} its path has at most ${MOST_BYTES} bytes`,
      { path: this.#directory },
    );
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

import { randomUUID } from 'node:crypto';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskControl } from './control.js';
import { buildInterposer } from './interposer.js';
import { type DiskOperation, readRecording } from './recording.js';

/**
 * A folder with a directory that is watched (`root`), and beside it what the watching needs. Processes started with
 * `env` are watched; several may be, one after the other. They see a boot id of their own: to the database, an
 * opening that is not watched comes after a restart of the machine.
 */
export class WatchedDisk {
  /** The watched directory; empty at first. */
  readonly root: string;
  /** Where to put the database: a directory below the root, so that its own name can be lost, too. */
  readonly database: string;
  /** A file that is recorded with the disk, for the journal of a workload: it tells what had been acknowledged when. */
  readonly journal: string;
  readonly control: DiskControl;
  readonly #recording: string;
  readonly #bootId: string;

  /** @param folder is made if it is not there; nothing else may be in it */
  constructor(folder: string) {
    mkdirSync(join(folder, 'disk'), { recursive: true });
    const real = realpathSync(folder);
    this.root = join(real, 'disk');
    this.database = join(this.root, 'db');
    this.journal = join(real, 'journal');
    this.#recording = join(real, 'recording');
    this.#bootId = join(real, 'boot-id');
    writeFileSync(this.#bootId, `${randomUUID()}\n`);
    this.control = new DiskControl(join(real, 'control'));
  }

  /**
   * What the environment of a process to be watched has more than others. Compiles the interposer if need be; throws as
   * `buildInterposer` does.
   */
  env(options: { readonly record?: boolean } = {}): Record<string, string> {
    return {
      LD_PRELOAD: buildInterposer(),
      SHALE_DISK_ROOT: this.root,
      SHALE_DISK_ALSO: this.journal,
      SHALE_DISK_CONTROL: this.control.path,
      SHALE_DISK_BOOT_ID: this.#bootId,
      ...(options.record === false ? {} : { SHALE_DISK_RECORDING: this.#recording }),
      // The interposer cannot see it, and Node does not use it unless told to.
      UV_USE_IO_URING: '0',
    };
  }

  /** What has been recorded so far. */
  recording(): DiskOperation[] {
    return readRecording(this.#recording);
  }
}

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { CliError } from '../cli-error.js';
import type { ExportState } from './export-state.js';

const compress = promisify(gzip);
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

/** Where an export grows, and what says how far it is. */
export function partsOf(output: string): { readonly partial: string; readonly state: string } {
  return { partial: `${output}.partial`, state: `${output}.partial.json` };
}

/** Whether there is something at a path, be it a link. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/**
 * The file of an export while it grows. What a state counts is durable before that state is, and the output appears under
 * its name when it is whole.
 */
export class ExportFile {
  readonly #output: string;
  readonly #handle: FileHandle;
  readonly #isGzip: boolean;
  #size: number;

  private constructor(output: string, handle: FileHandle, isGzip: boolean, size: number) {
    this.#output = output;
    this.#handle = handle;
    this.#isGzip = isGzip;
    this.#size = size;
  }

  /** Begins a new one. */
  static async begin(output: string, isGzip: boolean): Promise<ExportFile> {
    const { partial, state } = partsOf(output);
    try {
      await rm(state, { force: true });
      await rm(partial, { force: true });
      const handle = await open(partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      return new ExportFile(output, handle, isGzip, 0);
    } catch (error) {
      throw outputError(output, error);
    }
  }

  /** Goes on with what is there, without what a state does not count. */
  static async resume(output: string, { plan, bytes }: ExportState): Promise<ExportFile> {
    const { partial } = partsOf(output);
    let handle: FileHandle | undefined;
    try {
      handle = await open(partial, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
      const info = await handle.stat();
      if (!info.isFile() || info.size < bytes) throw changed(partial);
      await handle.truncate(bytes);
      return new ExportFile(output, handle, plan.gzip, bytes);
    } catch (error) {
      await handle?.close();
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw changed(partial);
      throw outputError(output, error);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Appends text: what is compressed is a part by itself, so that the file can be cut and gone on with behind it. */
  async append(text: string): Promise<void> {
    if (text === '') return;
    const bytes = this.#isGzip ? await compress(text) : Buffer.from(text);
    try {
      let written = 0;
      while (written < bytes.length) {
        const step = await this.#handle.write(bytes, written, bytes.length - written, this.#size + written);
        written += step.bytesWritten;
      }
    } catch (error) {
      throw outputError(this.#output, error);
    }
    this.#size += bytes.length;
  }

  /** Makes what was written durable, and then a state of it. */
  async checkpoint(state: ExportState): Promise<void> {
    const path = partsOf(this.#output).state;
    try {
      await this.#handle.datasync();
      await using file = await open(`${path}.new`, 'w', 0o600);
      await file.writeFile(`${JSON.stringify(state)}\n`);
      await file.datasync();
      await rename(`${path}.new`, path);
      await syncDirectory(dirname(path));
    } catch (error) {
      throw outputError(this.#output, error);
    }
  }

  /** Gives the output its name. */
  async finish(): Promise<void> {
    const { partial, state } = partsOf(this.#output);
    try {
      // An output that is compressed has a beginning and an end, also with nothing between.
      if (this.#isGzip && this.#size === 0) await this.#handle.write(await compress(''), 0);
      await this.#handle.datasync();
      await rename(partial, this.#output);
      await rm(state, { force: true });
      await syncDirectory(dirname(this.#output));
    } catch (error) {
      throw outputError(this.#output, error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path);
  // Some file systems cannot.
  await handle.sync().catch(() => {});
}

/** What is full or cannot be written is not the log. */
export function outputError(output: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error) || error instanceof CliError) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return new CliError('CLI_OUTPUT_FULL', `${output} cannot be written: ${error.message}`, {
      hint: 'Free space on the disk that the output goes to, then go on with --resume. The log is not affected.',
      cause: error,
    });
  return new CliError('CLI_OUTPUT', `${output} cannot be written: ${error.message}`, { cause: error });
}

function changed(path: string): CliError {
  return new CliError('CLI_EXPORT_DIFFERS', `${path} is not what this export has left`, {
    hint: 'Begin it again with --restart.',
  });
}

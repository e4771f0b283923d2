import { isUtf8 } from 'node:buffer';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.js';
import type { OversizePiece } from './blocks.js';
import type { Reject } from './record.js';

/**
 * The file of rejected lines: one JSON object per line with `line`, `offset`, `reason`, `message` and the bytes as
 * `text`, or as `base64` when they are not UTF-8 or came in pieces. It is created with the first reject.
 *
 * `size` counts what has been written, so that a checkpoint can name the size that belongs to its position and a
 * resume can cut the file back to it.
 */
export class RejectFile {
  readonly path: string;
  #size: number;
  #handle: FileHandle | undefined;
  #unsynced = false;
  #long: { encoder: Base64Pieces; bytes: number; message: string } | undefined;

  private constructor(path: string, size: number) {
    this.path = path;
    this.#size = size;
  }

  /** For a new ingest: fails when there is already something in the file. */
  static async create(path: string): Promise<RejectFile> {
    const size = await sizeOf(path);
    if (size > 0) {
      throw new CliError('CLI_USAGE', `the reject file ${path} already has lines in it`, {
        hint: 'Move it away, or name another one with --rejects.',
      });
    }
    return new RejectFile(path, 0);
  }

  /** For an ingest that goes on: what was written after the checkpoint is cut off, to be written again. */
  static async reopen(path: string, size: number): Promise<RejectFile> {
    const file = new RejectFile(path, size);
    const present = await sizeOf(path);
    if (present < size) {
      throw new CliError(
        'CLI_INGEST_DISTURBED',
        `the reject file ${path} has lost lines: ${present} bytes of ${size}`,
        {
          hint: 'Put it back, or begin anew with --restart.',
        },
      );
    }
    if (present > size) {
      const handle = await file.#open();
      await handle.truncate(size);
      await handle.datasync();
    }
    return file;
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  /** Appends rejects. */
  async add(rejects: readonly Reject[]): Promise<void> {
    if (rejects.length === 0) return;
    await this.#write(rejects.map((reject) => `${describe(reject)}\n`).join(''));
  }

  /** Appends a line that is too long, piece by piece; true when it is complete. */
  async addPiece(piece: OversizePiece, message: string): Promise<boolean> {
    if (piece.first || !this.#long) {
      this.#long = { encoder: new Base64Pieces(), bytes: 0, message };
      const head = { line: piece.start.line + 1, offset: piece.start.offset, reason: 'too-long', message };
      await this.#write(`${JSON.stringify(head).slice(0, -1)},"base64":"`);
    }
    const long = this.#long;
    const content = piece.last && piece.bytes.at(-1) === 10 ? piece.bytes.subarray(0, -1) : piece.bytes;
    long.bytes += content.length;
    await this.#write(long.encoder.push(content));
    if (!piece.last) return false;
    await this.#write(`${long.encoder.end()}","bytes":${long.bytes}}\n`);
    this.#long = undefined;
    return true;
  }

  /** Makes everything written so far durable. */
  async sync(): Promise<void> {
    if (!this.#unsynced) return;
    this.#unsynced = false;
    await this.#handle?.datasync();
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #write(text: string): Promise<void> {
    const handle = this.#handle ?? (await this.#open());
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) {
      const result = await handle.write(bytes, written, bytes.length - written, this.#size + written);
      written += result.bytesWritten;
    }
    this.#size += bytes.length;
    this.#unsynced = true;
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true });
    // 'r+' keeps what is there; a file that is not there yet is created, for its owner alone: lines of the input are in it.
    this.#handle = await open(this.path, (await exists(this.path)) ? 'r+' : 'wx+', 0o600);
    return this.#handle;
  }
}

/** Base64 of a byte sequence that comes in pieces of any size. */
class Base64Pieces {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): string {
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % 3);
    this.#rest = Buffer.from(all.subarray(whole));
    return all.toString('base64', 0, whole);
  }

  end(): string {
    return this.#rest.toString('base64');
  }
}

function describe({ line, offset, reason, message, bytes }: Reject): string {
  const content = isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') };
  return JSON.stringify({ line, offset, reason, message, ...content });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.size,
    () => 0,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

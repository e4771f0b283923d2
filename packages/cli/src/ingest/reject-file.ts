import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { constants, ftruncateSync, unlinkSync, writeSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.js';
import type { OversizePiece } from './blocks.js';
import type { Reject } from './record.js';
import { numbered, type RejectPlace } from './reject-path.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const LF = 10;

/**
 * The file of rejected lines: one JSON object per line with `line`, `offset`, `reason`, `message` and the bytes as
 * `text`, or as `base64` when they are not UTF-8 or came in pieces. It is created with the first reject, where
 * nothing was before, and its first line begins with the id that the journal knows: what does not begin so is never
 * written to.
 *
 * `size` counts what has been written, so that a checkpoint can name the size that belongs to its position and a
 * resume can cut the file back to it. Whole lines only are left, whatever ends the process, except a kill -9.
 */
export class RejectFile {
  readonly id: string;
  readonly #place: RejectPlace;
  #path: string;
  #handle: FileHandle | undefined;
  #size = 0;
  /** The size up to the last line that is complete. */
  #whole = 0;
  #unsynced = false;
  #isNew = false;
  #long: { encoder: Base64Pieces; bytes: number; message: string } | undefined;

  private constructor(place: RejectPlace, id: string) {
    this.#place = place;
    this.#path = place.path;
    this.id = id;
  }

  /** A file that is not there yet. Fails when there is something already, and the place allows no other name. */
  static async planned(place: RejectPlace, id: string = randomUUID()): Promise<RejectFile> {
    if (place.taken === 'refuse') {
      const info = await lstat(place.path).catch(() => undefined);
      if (info) throw taken(place.path, info.size > 0);
    }
    return new RejectFile(place, id);
  }

  /**
   * The file of an ingest that goes on, if this is it: what was written after the checkpoint is cut off, to be written
   * again. `undefined` for anything else, which stays as it is: other content, a link, no regular file, too few lines.
   */
  static async reopen(path: string, id: string, size: number): Promise<RejectFile | undefined> {
    const handle = await openOwn(path, id, size);
    if (!handle) return undefined;
    await handle.truncate(size);
    await handle.datasync();
    const file = new RejectFile({ path, taken: 'number' }, id);
    file.#begin(handle, size);
    return file;
  }

  /** Removes the file if it belongs to an ingest that has to begin again. */
  static async discard(path: string, id: string): Promise<void> {
    const handle = await openOwn(path, id, 0);
    if (!handle) return;
    await handle.close();
    await unlink(path);
  }

  /** Where the file is, or will be. */
  get path(): string {
    return this.#path;
  }

  /** The path to look at, with and without a number, for this file. */
  get place(): string {
    return this.#place.path;
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  /** Appends rejects. */
  async add(rejects: readonly Reject[]): Promise<void> {
    if (rejects.length === 0) return;
    await this.#write(rejects.map(describe).join(''));
    this.#whole = this.#size;
  }

  /** Appends a line that is too long, piece by piece; true when it is complete. */
  async addPiece(piece: OversizePiece, message: string): Promise<boolean> {
    if (piece.first || !this.#long) {
      this.#long = { encoder: new Base64Pieces(), bytes: 0, message };
      const head = { line: piece.start.line + 1, offset: piece.start.offset, reason: 'too-long', message };
      await this.#write(`${JSON.stringify(head).slice(0, -1)},"base64":"`);
    }
    const long = this.#long;
    const content = piece.last && piece.bytes.at(-1) === LF ? piece.bytes.subarray(0, -1) : piece.bytes;
    long.bytes += content.length;
    await this.#write(long.encoder.push(content));
    if (!piece.last) return false;
    await this.#write(`${long.encoder.end()}","bytes":${long.bytes}}\n`);
    this.#whole = this.#size;
    this.#long = undefined;
    return true;
  }

  /** Makes everything written so far durable, and that the file is there. */
  async sync(): Promise<void> {
    if (!this.#unsynced) return;
    this.#unsynced = false;
    await this.#handle?.datasync();
    if (!this.#isNew) return;
    this.#isNew = false;
    await syncDirectory(dirname(this.#path));
  }

  /**
   * Closes the file as it was when it had this size, by default with all lines that are whole; without any line of
   * it, it is not left there.
   */
  async close(size: number = this.#whole): Promise<void> {
    const handle = this.#handle;
    if (!handle) return;
    this.#handle = undefined;
    process.off('exit', this.#tidy);
    if (this.#size > size) await handle.truncate(size);
    if (size === 0) await unlink(this.#path);
    await handle.close();
  }

  /** Everything at once and in this thread: a signal that ends the process finds the file between two writes. */
  async #write(text: string): Promise<void> {
    const handle = this.#handle ?? (await this.#create());
    const bytes = Buffer.from(this.#size === 0 ? headerOf(this.id) + text.slice(1) : text);
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(handle.fd, bytes, written, bytes.length - written, this.#size + written);
    }
    this.#size += bytes.length;
    this.#unsynced = true;
  }

  async #create(): Promise<FileHandle> {
    const { path, otherwise } = this.#place;
    if (otherwise === undefined) return await this.#createAt(path);
    try {
      return await this.#createAt(path);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      await mkdir(dirname(otherwise), { recursive: true, mode: 0o700 });
      return await this.#createAt(otherwise);
    }
  }

  async #createAt(path: string): Promise<FileHandle> {
    const { taken: whenTaken } = this.#place;
    if (whenTaken === 'refuse') await mkdir(dirname(path), { recursive: true });
    for (let number = 1; ; number += 1) {
      this.#path = numbered(path, number);
      try {
        // For its owner alone: lines of the input are in it.
        const handle = await open(this.#path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        this.#isNew = true;
        return this.#begin(handle, 0);
      } catch (error) {
        if (!isTaken(error)) throw error;
        if (whenTaken === 'refuse') throw taken(path, true);
      }
    }
  }

  #begin(handle: FileHandle, size: number): FileHandle {
    this.#handle = handle;
    this.#size = size;
    this.#whole = size;
    process.on('exit', this.#tidy);
    return handle;
  }

  /** The process ends in the middle of something: leaves no half line. */
  readonly #tidy = (): void => {
    if (!this.#handle || this.#size === this.#whole) return;
    if (this.#whole === 0) unlinkSync(this.#path);
    else ftruncateSync(this.#handle.fd, this.#whole);
  };
}

/** Opens a file, if it is the one with this id and has all its lines up to the size. */
async function openOwn(path: string, id: string, size: number): Promise<FileHandle | undefined> {
  // Looked at first: to open a device can do something to it.
  const info = await lstat(path).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  const handle = await open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!handle || (await isOwn(handle, id, size))) return handle;
  await handle.close();
  return undefined;
}

async function isOwn(handle: FileHandle, id: string, size: number): Promise<boolean> {
  const info = await handle.stat();
  if (!info.isFile() || info.size < size) return false;
  const header = Buffer.from(headerOf(id));
  const head = Buffer.alloc(Math.min(header.length, info.size));
  await handle.read(head, 0, head.length, 0);
  // A kill may have come in the middle of the first write.
  if (size === 0) return head.length > 0 && header.subarray(0, head.length).equals(head);
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, size - 1);
  return header.equals(head) && last[0] === LF;
}

/** Makes the names in a directory durable, where the file system can do so. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Nothing can be made in the directory, by whatever name. */
function isForbidden(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['EROFS', 'EACCES', 'EPERM'].includes(String(error.code))
  );
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function taken(path: string, hasLines: boolean): CliError {
  return new CliError(
    'CLI_USAGE',
    `the reject file ${path} ${hasLines ? 'already has lines in it' : 'is there already'}`,
    { hint: 'Move it away, or name another one with --rejects.' },
  );
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
  return `${JSON.stringify({ line, offset, reason, message, ...content })}\n`;
}

/** What the first line of an ingest's own file begins with. */
function headerOf(id: string): string {
  return `{"ingest":${JSON.stringify(id)},`;
}

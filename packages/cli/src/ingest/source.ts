import { constants, createReadStream, openSync, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { CliError } from '../cli-error.js';
import type { Head } from './fingerprint.js';

/** Bytes per read of a file. */
const CHUNK_BYTES = 1 << 20;

/** An input that can be read once from a position, and by which a later run knows it again. */
export type Source = FileSource | StreamSource;

/** A regular file: it can be read from any offset, and its size is known. */
export interface FileSource {
  readonly kind: 'file';
  /** Absolute path without symbolic links. */
  readonly name: string;
  readonly handle: FileHandle;
  readonly size: number;
  readonly modifiedMs: number;
  readonly inode: number;
  /** Of a file that grows: only what is before this offset is read now. */
  readonly end?: number;
  /** Where the file is followed: what tells it from another one that has its inode later. */
  readonly head?: Head;
  readonly bornMs?: number;
}

/** Standard input, or a path that is a pipe or a device: it can only be read forward. */
export interface StreamSource {
  readonly kind: 'stream';
  readonly name: string;
  readonly stream: Readable;
}

/** What the input is, and what its ingest is called; nothing is opened. Fails when there is nothing to read there. */
export async function lookUpSource(path: string): Promise<Pick<Source, 'kind' | 'name'>> {
  if (path === '-') return { kind: 'stream', name: '-' };
  const info = await statInput(path);
  return info.isFile()
    ? { kind: 'file', name: await realpath(path) }
    : { kind: 'stream', name: resolve(path) };
}

/** Opens the input: `-` is standard input. Fails when there is nothing to read there. */
export async function openSource(path: string, stdin: Readable): Promise<Source> {
  if (path === '-') return { kind: 'stream', name: '-', stream: stdin };
  const info = await statInput(path);
  try {
    if (info.isFIFO()) return { kind: 'stream', name: resolve(path), stream: openFifo(path) };
    if (!info.isFile()) return { kind: 'stream', name: resolve(path), stream: createReadStream(path) };
    const handle = await open(path, constants.O_RDONLY);
    return {
      kind: 'file',
      name: await realpath(path),
      handle,
      size: info.size,
      modifiedMs: info.mtimeMs,
      inode: info.ino,
    };
  } catch (error) {
    throw inputError(path, error);
  }
}

async function statInput(path: string): Promise<Stats> {
  const info = await stat(path).catch((error: unknown) => {
    throw inputError(path, error);
  });
  if (!info.isDirectory()) return info;
  throw new CliError('CLI_INPUT', `the input ${path} is a directory`, {
    hint: 'Name a file, or - for standard input.',
  });
}

/** A named pipe, whether anybody writes to it yet or not: to wait for that in `open` would keep the process from ending. */
function openFifo(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

/** Closes what {@link openSource} opened. */
export async function closeSource(source: Source): Promise<void> {
  if (source.kind === 'file') await source.handle.close();
  else source.stream.destroy();
}

/** Chunks of a file from an offset on, one chunk read ahead. Ends early, without an error, once aborted. */
export async function* readFileFrom(
  source: FileSource,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let position = offset;
  let ahead = readChunk(source, position);
  for (;;) {
    const chunk = await ahead;
    if (chunk.length === 0 || signal.aborted) return;
    position += chunk.length;
    ahead = readChunk(source, position);
    // If the consumer leaves early, this read is not awaited and its error does not matter.
    ahead.catch(() => {});
    yield chunk;
  }
}

async function readChunk(source: FileSource, position: number): Promise<Buffer> {
  // A fresh buffer each time: the entries cut from it are views.
  const length = Math.min(CHUNK_BYTES, Math.max(0, (source.end ?? Number.POSITIVE_INFINITY) - position));
  if (length === 0) return Buffer.alloc(0);
  const buffer = Buffer.allocUnsafeSlow(length);
  try {
    const { bytesRead } = await source.handle.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw inputError(source.name, error);
  }
}

/** Chunks of a stream. Ends early, without an error, once aborted. */
export async function* readStream(
  source: StreamSource,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of addAbortSignal(signal, source.stream)) yield Buffer.from(chunk);
    // A Ctrl-C ends the program that writes, too: its signal may wait behind the end of the pipe, and the end means
    // another thing then.
    await setImmediate();
  } catch (error) {
    if (signal.aborted) return;
    throw inputError(source.name, error);
  }
}

function inputError(path: string, error: unknown): CliError {
  const { code } = error as NodeJS.ErrnoException;
  const name = path === '-' ? 'standard input' : path;
  if (code === 'ENOENT')
    return new CliError('CLI_NOT_FOUND', `there is no input file ${name}`, { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new CliError('CLI_INPUT', `cannot read ${name}: ${reason}`, { cause: error });
}

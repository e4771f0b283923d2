import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Log, openLog } from '@shale/storage';
import type { Random } from '../../support/random.js';
import { Model } from './model.js';

/** The files of a database as a process that died left them, and what it had acknowledged. */
export interface Image {
  readonly name: string;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly model: Model;
}

/** Left out: they belong to the process, or nobody reads them. */
const IGNORED = new Set(['LOCK', 'LOG', 'IDENTITY', 'WRITER']);

/** Puts the files of an image into an empty directory. */
export function restore(image: Image, directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const [name, bytes] of image.files) writeFileSync(join(directory, name), bytes);
}

/** The files of a directory. */
export function filesOf(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory).filter((name) => !IGNORED.has(name) && !name.startsWith('LOG.'));
  return new Map(
    names
      .filter((name) => statSync(join(directory, name)).isFile())
      .map((name) => [name, readFileSync(join(directory, name))]),
  );
}

/** The names of the log files of an image that hold anything, oldest first. */
export function logsOf(image: Image): string[] {
  return [...image.files]
    .filter(([name, bytes]) => name.endsWith('.log') && bytes.length > 0)
    .map(([name]) => name)
    .sort();
}

/** A database with table files, trims and a log that is in use. */
export async function oneLog(directory: string, random: Random): Promise<Image> {
  const model = new Model(2, 3);
  const first = await openLog(directory);
  for (let i = 0; i < 30; i++) model.append(first, random, { sync: i % 2 === 0, largest: 300 });
  await first.close();
  const log = await openLog(directory);
  for (let i = 0; i < 20; i++) model.append(log, random, { sync: true, largest: 300 });
  for (let i = 0; i < 4; i++) model.trim(log, random);
  await log.flush();
  // A record of several fragments, over two blocks.
  for (let i = 0; i < 3; i++) model.append(log, random, { sync: true, largest: 30_000 });
  for (let i = 0; i < 40; i++) model.append(log, random, { sync: i % 3 === 0, largest: 200 });
  for (let i = 0; i < 2; i++) model.trim(log, random);
  for (let i = 0; i < 10; i++) model.append(log, random, { sync: true, largest: 100 });
  return await taken('one log', directory, log, model);
}

/** A database of which two or more logs are needed: what is flushed is not in the manifest yet. */
export async function severalLogs(directory: string, random: Random): Promise<Image> {
  for (let attempt = 0; attempt < 200; attempt++) {
    rmSync(directory, { recursive: true, force: true });
    const model = new Model(1, 3);
    const log = await openLog(directory, {
      rocksdb: { writeBufferSize: 64 * 1024, maxWriteBufferNumber: 8, maxBackgroundJobs: 1 },
    });
    const before = readFileSync(join(directory, 'CURRENT'), 'utf8').trim();
    const size = statSync(join(directory, before)).size;
    while (logs(directory).length < 3) model.append(log, random, { sync: false, largest: 4000 });
    for (let i = 0; i < 5; i++) model.append(log, random, { sync: true, largest: 200 });
    const image = await taken('several logs', directory, log, model);
    const unflushed = image.files.get(before)?.length === size;
    if (unflushed && logsOf(image).length >= 3) return image;
  }
  throw new Error('this machine flushes too fast for a database with several logs in use');
}

function logs(directory: string): string[] {
  return readdirSync(directory).filter(
    (name) =>
      name.endsWith('.log') && (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0) > 0,
  );
}

/** The files as they are while the log is open, which is how the death of the process would leave them. */
async function taken(name: string, directory: string, log: Log, model: Model): Promise<Image> {
  let files: Map<string, Buffer> | undefined;
  try {
    files = filesOf(directory);
  } catch {
    // A flush is deleting files.
  }
  await log.close();
  return { name, files: files ?? new Map(), model };
}

import type { Wal } from '@shale/engine';
import { fingerprintOf, headOf } from '../ingest/fingerprint.js';
import { Journal } from '../ingest/journal.js';
import { NO_PROGRESS, type StartRecord } from '../ingest/journal-records.js';
import type { Generation } from './generation.js';
import { countLines } from './same-content.js';

/** Writes down that all of a file is in: it is a copy of what another one was. What is added to it is taken. */
export async function cover(wal: Wal, copy: Generation, original: Generation): Promise<void> {
  const { file, handle, name } = copy;
  const { start: of, checkpoint } = original.journaled ?? {};
  if (!file || !handle || !of || !checkpoint) return;
  const { size, inode, modifiedMs, bornMs, path } = file;
  const { rejectId: _, bornMs: __, ...rest } = of;
  const start: StartRecord = {
    ...rest,
    name,
    path,
    size,
    inode,
    modifiedMs,
    head: await headOf(handle, size),
    startedAt: Date.now(),
    ...(bornMs === undefined ? {} : { bornMs }),
  };
  const journal = new Journal(wal, name);
  await journal.begin(start, [], {
    ...checkpoint,
    state: 'stopped',
    progress: { ...NO_PROGRESS, offset: size, line: await countLines(handle, size) },
    fingerprint: await fingerprintOf(handle, size),
    moved: [],
  });
  copy.coveredBy = undefined;
  copy.journaled = await journal.load();
}

import { CliError } from '../cli-error.js';
import { NO_POSITION, type Position } from './blocks.js';
import { decompressed } from './decompress.js';
import { toUtf8 } from './encoding.js';
import { FINGERPRINT_BYTES, FingerprintTracker, readEnds } from './fingerprint.js';
import type { CheckpointRecord, JournaledOptions, JournalState } from './journal-records.js';
import { newlineOf } from './line-end.js';
import { type FileSource, readFileFrom, readStream, type Source } from './source.js';

/** Where a run begins to read, and the input from there on. */
export interface StartPoint {
  readonly position: Position;
  readonly chunks: AsyncIterable<Buffer>;
  readonly fingerprint: FingerprintTracker;
}

/**
 * Brings the input to where the checkpoint of the run before left it: a file by seeking; a stream, and what is decompressed or
 * decoded, by reading up to there. Refuses an input that is not the one the checkpoint saw. `undefined` when it was stopped before
 * it came there. Of an input that is new, what comes is its bytes as they stand.
 */
export async function findStart(
  source: Source,
  from: JournalState | undefined,
  signal: AbortSignal,
): Promise<StartPoint | undefined> {
  const input = source.kind === 'file' ? readFileFrom(source, 0, signal) : readStream(source, signal);
  const { encoding = 'utf-8', compression = 'none' } = from?.start.options ?? {};
  const isCut = (): boolean => signal.aborted;
  const isDecoded = encoding !== 'utf-8' || compression !== 'none';
  const bytes = compression === 'none' ? input : decompressed(input, compression, isCut);
  const chunks = encoding === 'utf-8' ? bytes : toUtf8(bytes, encoding, isCut);
  if (!from?.checkpoint) return { position: NO_POSITION, chunks, fingerprint: new FingerprintTracker() };
  const before: Before = { checkpoint: from.checkpoint, options: from.start.options };
  return source.kind === 'file' && !isDecoded ? seek(source, before, signal) : skip(chunks, before, signal);
}

/** What the run before left. */
interface Before {
  readonly checkpoint: CheckpointRecord;
  readonly options: JournaledOptions;
}

async function seek(source: FileSource, before: Before, signal: AbortSignal): Promise<StartPoint> {
  const { checkpoint } = before;
  const position = positionOf(checkpoint);
  if (source.size < position.offset) throw tooShort(source.size, position.offset);
  const { head, tail } = await readEnds(source.handle, position.offset);
  const fingerprint = new FingerprintTracker(head, tail);
  check(checkpoint, fingerprint);
  if (source.size > position.offset) requireLineEnd(before, fingerprint);
  return { position, chunks: readFileFrom(source, position.offset, signal), fingerprint };
}

async function skip(
  input: AsyncIterable<Buffer>,
  before: Before,
  signal: AbortSignal,
): Promise<StartPoint | undefined> {
  const { checkpoint } = before;
  const position = positionOf(checkpoint);
  const fingerprint = new FingerprintTracker();
  const chunks = input[Symbol.asyncIterator]();
  let skipped = 0;
  let rest: Buffer = Buffer.alloc(0);
  while (skipped < position.offset) {
    const next = await chunks.next();
    if (signal.aborted) return undefined;
    if (next.done) throw tooShort(skipped, position.offset);
    const wanted = Math.min(next.value.length, position.offset - skipped);
    fingerprint.push(next.value.subarray(0, wanted));
    rest = next.value.subarray(wanted);
    skipped += wanted;
  }
  check(checkpoint, fingerprint);
  if (endsOpen(before, fingerprint) && rest.length === 0) {
    const next = await chunks.next();
    if (signal.aborted) return undefined;
    if (!next.done) rest = next.value;
  }
  if (rest.length > 0) requireLineEnd(before, fingerprint);
  return { position, chunks: chain(rest, chunks), fingerprint };
}

function positionOf({ progress }: CheckpointRecord): Position {
  return { offset: progress.offset, line: progress.line };
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (first.length > 0) yield first;
  for (;;) {
    const next = await rest.next();
    if (next.done) return;
    yield next.value;
  }
}

function check(checkpoint: CheckpointRecord, tracker: FingerprintTracker): void {
  const { head, tail } = checkpoint.fingerprint;
  const found = tracker.mark()();
  if (found.head !== head) throw changed(`its first ${FINGERPRINT_BYTES} bytes are not the same`);
  if (found.tail !== tail)
    throw changed(`the bytes before offset ${checkpoint.progress.offset} are not the same`);
}

/** Whether the last record was ended by the end of the input: what has come since belongs to it. */
function endsOpen({ checkpoint, options }: Before, tracker: FingerprintTracker): boolean {
  return checkpoint.open === true || !tracker.endsWith(newlineOf(options.lineEnd));
}

function requireLineEnd(before: Before, tracker: FingerprintTracker): void {
  if (!endsOpen(before, tracker)) return;
  throw changed('its last line was taken without its end, and has grown since');
}

function tooShort(has: number, read: number): CliError {
  return changed(`it ends after ${has} bytes, and ${read} had been read`);
}

function changed(how: string): CliError {
  return new CliError('CLI_INPUT_CHANGED', `the input is not the one that this ingest read before: ${how}`, {
    hint: 'Give the same input again, from its beginning. Another input is an ingest of its own: give it another --name.',
  });
}

import { CliError } from '../cli-error.js';
import { NO_POSITION, type Position } from './blocks.js';
import { FINGERPRINT_BYTES, FingerprintTracker, readEnds } from './fingerprint.js';
import type { CheckpointRecord } from './journal-records.js';
import { type FileSource, readFileFrom, readStream, type Source, type StreamSource } from './source.js';

/** Where a run begins to read, and the input from there on. */
export interface StartPoint {
  readonly position: Position;
  readonly chunks: AsyncIterable<Buffer>;
  readonly fingerprint: FingerprintTracker;
}

/**
 * Brings the input to where the checkpoint left it: a file by seeking, a stream by reading up to there. Refuses an
 * input that is not the one the checkpoint saw. `undefined` when it was stopped before it came there.
 */
export async function findStart(
  source: Source,
  checkpoint: CheckpointRecord | undefined,
  signal: AbortSignal,
): Promise<StartPoint | undefined> {
  if (!checkpoint) {
    const chunks = source.kind === 'file' ? readFileFrom(source, 0, signal) : readStream(source, signal);
    return { position: NO_POSITION, chunks, fingerprint: new FingerprintTracker() };
  }
  return source.kind === 'file' ? seek(source, checkpoint, signal) : skip(source, checkpoint, signal);
}

async function seek(
  source: FileSource,
  checkpoint: CheckpointRecord,
  signal: AbortSignal,
): Promise<StartPoint> {
  const position = positionOf(checkpoint);
  if (source.size < position.offset) throw tooShort(source.size, position.offset);
  const { head, tail } = await readEnds(source.handle, position.offset);
  const fingerprint = new FingerprintTracker(head, tail);
  check(checkpoint, fingerprint);
  if (source.size > position.offset) requireLineEnd(checkpoint, fingerprint);
  return { position, chunks: readFileFrom(source, position.offset, signal), fingerprint };
}

async function skip(
  source: StreamSource,
  checkpoint: CheckpointRecord,
  signal: AbortSignal,
): Promise<StartPoint | undefined> {
  const position = positionOf(checkpoint);
  const fingerprint = new FingerprintTracker();
  const chunks = readStream(source, signal)[Symbol.asyncIterator]();
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
  if (endsOpen(checkpoint, fingerprint) && rest.length === 0) {
    const next = await chunks.next();
    if (signal.aborted) return undefined;
    if (!next.done) rest = next.value;
  }
  if (rest.length > 0) requireLineEnd(checkpoint, fingerprint);
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
function endsOpen(checkpoint: CheckpointRecord, tracker: FingerprintTracker): boolean {
  return checkpoint.open === true || !tracker.atLineEnd;
}

function requireLineEnd(checkpoint: CheckpointRecord, tracker: FingerprintTracker): void {
  if (!endsOpen(checkpoint, tracker)) return;
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

import { CliError } from '../cli-error.js';
import { NO_POSITION, type Position } from './blocks.js';
import { FINGERPRINT_BYTES, type Fingerprint, FingerprintTracker, readEnds } from './fingerprint.js';
import type { CheckpointRecord } from './journal-records.js';
import { readFileFrom, readStream, type Source } from './source.js';

const LF = 10;

/** Where a run begins to read, and the input from there on. */
export interface StartPoint {
  readonly position: Position;
  readonly chunks: AsyncIterable<Buffer>;
  readonly fingerprint: FingerprintTracker;
}

/**
 * Brings the input to where the checkpoint left it: a file by seeking, a stream by reading up to there. Refuses an
 * input that is not the one the checkpoint saw.
 */
export async function findStart(
  source: Source,
  checkpoint: CheckpointRecord | undefined,
  signal: AbortSignal,
): Promise<StartPoint> {
  if (!checkpoint) {
    const chunks = source.kind === 'file' ? readFileFrom(source, 0, signal) : readStream(source, signal);
    return { position: NO_POSITION, chunks, fingerprint: new FingerprintTracker() };
  }
  const { progress } = checkpoint;
  const position = { offset: progress.offset, line: progress.line };
  if (source.kind === 'file') {
    const tooShort = source.size < position.offset;
    if (tooShort) throw changed(`it has ${source.size} bytes, and ${position.offset} had been read`);
    const { head, tail } = await readEnds(source.handle, position.offset);
    const fingerprint = new FingerprintTracker(head, tail);
    check(checkpoint, fingerprint.mark()());
    if (tail.length > 0 && tail.at(-1) !== LF && source.size > position.offset) {
      throw changed('its last line had no newline then, and has grown');
    }
    return { position, chunks: readFileFrom(source, position.offset, signal), fingerprint };
  }
  const fingerprint = new FingerprintTracker();
  const chunks = readStream(source, signal)[Symbol.asyncIterator]();
  let skipped = 0;
  let rest: Buffer = Buffer.alloc(0);
  while (skipped < position.offset) {
    const next = await chunks.next();
    if (next.done) {
      if (signal.aborted) break;
      throw changed(`it ended after ${skipped} bytes, and ${position.offset} had been read`);
    }
    const wanted = Math.min(next.value.length, position.offset - skipped);
    fingerprint.push(next.value.subarray(0, wanted));
    rest = next.value.subarray(wanted);
    skipped += wanted;
  }
  if (!signal.aborted) check(checkpoint, fingerprint.mark()());
  return { position, chunks: chain(rest, chunks), fingerprint };
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (first.length > 0) yield first;
  for (;;) {
    const next = await rest.next();
    if (next.done) return;
    yield next.value;
  }
}

function check(checkpoint: CheckpointRecord, found: Fingerprint): void {
  const { head, tail } = checkpoint.fingerprint;
  if (found.head !== head) throw changed(`its first ${FINGERPRINT_BYTES} bytes are not the same`);
  if (found.tail !== tail)
    throw changed(`the bytes before offset ${checkpoint.progress.offset} are not the same`);
}

function changed(how: string): CliError {
  return new CliError('CLI_INPUT_CHANGED', `the input is not the one that this ingest read before: ${how}`, {
    hint: 'Give the same input again, or begin with --restart (what is already in stays in).',
  });
}

import { type TableId, WalError } from '@shale/codec';
import type { Committer } from './commit/commit.js';
import type { CommitResult } from './commit/commit-result.js';
import { FrameBuilder, type FramePart } from './commit/frame-builder.js';
import { type TrimResult, trimmedKeys } from './commit/trim.js';
import { native } from './errors.js';
import type { AppendSpan } from './log-options.js';
import type { LogContext } from './tables/context.js';

/** Appends, trims and drops that are called one by one: each makes a frame and commits it. */
export class LogWriter {
  readonly #context: LogContext;
  readonly #committer: Committer;
  readonly #frames: FrameBuilder;

  constructor(context: LogContext, committer: Committer) {
    this.#context = context;
    this.#committer = committer;
    this.#frames = new FrameBuilder(context.instance);
  }

  append(part: FramePart, sync: boolean): AppendSpan {
    const [span = never()] = this.write([part], sync);
    return span;
  }

  /** Appends all parts, or none. */
  write(parts: readonly FramePart[], sync: boolean): AppendSpan[] {
    const { firsts } = succeeded(this.#committer.commit(this.#frames.build(parts, sync)));
    return parts.map(({ payloads }, index) => {
      const first = firsts[index] ?? never();
      if (payloads.length > 0) return { first, last: first + BigInt(payloads.length) - 1n };
      return { first: first + 1n, last: first };
    });
  }

  trim(id: TableId, upTo: bigint, sync: boolean): TrimResult {
    const { firsts, trims } = this.#remove(id, upTo, sync);
    const [last = never(), removed = never()] = trims;
    const trimmed = last === 0n ? 0n : (firsts[0] ?? never()) + 1n;
    return { trimmed, last, range: trimmedKeys(this.#context.instance, id, removed) };
  }

  drop(id: TableId, sync: boolean): void {
    this.#remove(id, 'drop', sync);
  }

  #remove(id: TableId, upTo: bigint | 'drop', sync: boolean): CommitResult {
    const { instance, path } = this.#context;
    const frame = FrameBuilder.removal(instance, id, upTo, sync);
    return succeeded(native({ path, table: id }, () => this.#committer.commit(frame)));
  }
}

/** Throws what a commit has refused. */
function succeeded(result: CommitResult): CommitResult {
  const failure = result.errors[0];
  if (failure !== undefined) throw failure.error;
  return result;
}

function never(): never {
  throw new WalError('SHALE_INTERNAL', 'a commit returned fewer results than it was given appends');
}

import { toU64, type U64Like } from '@shale/codec';
import { readBag } from './arguments/option-bag.js';
import { toFlag } from './arguments/switches.js';
import type { FramePart } from './commit/frame-builder.js';
import { type TableIdLike, toTableId } from './ids.js';
import { CHUNK_OPTIONS, ChunkBuffers, type ChunkOptions } from './read/chunk-buffers.js';

/**
 * The first and last sequence of what was appended. For an empty batch `last` is the current last, `first` one more.
 */
export interface AppendSpan {
  readonly first: bigint;
  readonly last: bigint;
}

/** How durable a change must be before the call returns. */
export interface SyncOptions {
  /** True (default): it survives a crash of the machine. False: it survives a crash of the process. */
  readonly sync?: boolean | undefined;
}

/** How to append. */
export interface AppendOptions extends SyncOptions {
  /** The sequence that the first entry must get; otherwise SHALE_SEQUENCE_MISMATCH, and nothing is written. */
  readonly expect?: U64Like | undefined;
}

/** How to read a table. */
export interface LogReadOptions extends ChunkOptions {
  /**
   * Whether a range that does not begin in the table, or right behind it, is an error: SHALE_TRIMMED, with
   * `details.first`, when it begins before the first entry that there is, SHALE_AHEAD, with `details.next`, when it
   * begins after the sequence that the next entry gets; and whether the read fails, with SHALE_HOLE and
   * `details.first`, at sequences that were given out and have no entry. Default false: the read gives what there is.
   */
  readonly strict?: boolean | undefined;
}

/** One table's part of an atomic write. */
export interface WritePart {
  readonly id: TableIdLike;
  readonly payloads: readonly Uint8Array[];
  /** As in {@link AppendOptions}. */
  readonly expect?: U64Like | undefined;
}

const NO_OPTIONS: { readonly sync?: unknown; readonly expect?: unknown } = {};
const APPEND_OPTIONS = ['sync', 'expect'] as const;
const PART_FIELDS = ['id', 'payloads', 'expect'] as const;
const READ_OPTIONS = [...CHUNK_OPTIONS, 'strict'] as const;

/** Reads the arguments of an append. Throws SHALE_INVALID_ARGUMENT. */
export function readAppend(
  id: TableIdLike,
  payloads: readonly Uint8Array[],
  options: AppendOptions | undefined,
): { readonly part: FramePart; readonly sync: boolean } {
  const { sync, expect } = options === undefined ? NO_OPTIONS : readBag('append', options, APPEND_OPTIONS);
  return { part: toPart({ id, payloads, expect }), sync: toFlag('sync', sync, true) };
}

/** Reads the parts of an atomic write. Throws SHALE_INVALID_ARGUMENT. */
export function readParts(parts: readonly WritePart[]): FramePart[] {
  return parts.map((part) => toPart(readBag('a part of a write', part, PART_FIELDS)));
}

/** Reads the options of a read. Throws SHALE_INVALID_ARGUMENT. */
export function readReadOptions(options: LogReadOptions): {
  readonly buffers: ChunkBuffers;
  readonly strict: boolean;
} {
  const { strict, ...chunks } = readBag('a read', options, READ_OPTIONS);
  return { buffers: new ChunkBuffers(chunks), strict: toFlag('strict', strict, false) };
}

/** A part of a write. Its payloads are checked when they are copied. */
function toPart({ id, payloads, expect }: { readonly [P in keyof WritePart]?: unknown }): FramePart {
  return {
    id: toTableId(id as TableIdLike),
    payloads: payloads as readonly Uint8Array[],
    expect: expect === undefined ? undefined : toU64('expect', expect),
  };
}

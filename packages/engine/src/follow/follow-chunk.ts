import type { EntryChunk, PayloadCodec, TableId } from '@shale/codec';
import { invalid } from '@shale/storage';
import { decodeWith } from '../payload.js';
import { type Entry, EntryOfTable } from '../read/entry.js';
import type { FollowGap } from './cursor.js';

/** Consecutive entries of a table that a follow gives, in one buffer, decoded when asked for; or a gap before them. */
export class FollowChunk<T = Uint8Array> implements Iterable<Entry<T>> {
  /** The ids of the table. */
  readonly table: TableId;
  /** The table's name; null when it has none. */
  readonly name: string | null;
  /** What is missing before the entries that come next; then this chunk has none. Null otherwise. */
  readonly gap: FollowGap | null;
  readonly #chunk: EntryChunk | null;
  readonly #codec: PayloadCodec<T, never>;

  /** @internal */
  constructor(
    table: TableId,
    name: string | null,
    chunk: EntryChunk | null,
    gap: FollowGap | null,
    codec: PayloadCodec<T, never>,
  ) {
    this.table = { region: table.region, table: table.table };
    this.name = name;
    this.gap = gap;
    this.#chunk = chunk;
    this.#codec = codec;
  }

  /** Entries in the chunk: at least 1, or 0 when it tells of a gap. */
  get length(): number {
    return this.#chunk?.length ?? 0;
  }

  /** The sequence of the first entry; behind a gap, of the one that comes next, 0n when the table was dropped. */
  get first(): bigint {
    return this.#chunk?.sequenceAt(0) ?? this.gap?.first ?? 0n;
  }

  /**
   * The position behind the chunk, to follow on `after` it later: the sequence of the last entry; behind a gap, that
   * before the next one, 0n when the table was dropped.
   */
  get last(): bigint {
    if (this.#chunk !== null) return this.#chunk.sequenceAt(this.#chunk.length - 1);
    return this.first === 0n ? 0n : this.first - 1n;
  }

  /** Entry `index`, from 0. Throws SHALE_INVALID_ARGUMENT, or SHALE_PAYLOAD when the codec cannot decode it. */
  at(index: number): Entry<T> {
    return new EntryOfTable(this.sequenceAt(index), this.payloadAt(index));
  }

  /** The sequence of entry `index`, from 0. */
  sequenceAt(index: number): bigint {
    return this.#entries(index).sequenceAt(index);
  }

  /** The payload of entry `index`, from 0. */
  payloadAt(index: number): T {
    return decodeWith(this.#codec, this.#entries(index).payloadAt(index));
  }

  /** The entries, one by one. */
  *[Symbol.iterator](): Iterator<Entry<T>, undefined> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  #entries(index: number): EntryChunk {
    if (this.#chunk !== null) return this.#chunk;
    throw invalid('index', `entry ${index} is not in this chunk, which tells of a gap and has no entries`);
  }
}

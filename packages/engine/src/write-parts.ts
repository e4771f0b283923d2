import type { BytesInput } from '@shale/codec';
import { invalid, readBag } from '@shale/storage';
import type { Engine } from './engine.js';
import { mostParts } from './frames/cost.js';
import type { AppendResult, PendingPart } from './frames/pending-append.js';
import type { SequenceInput } from './ids.js';
import { type GatheredBatch, readArray } from './intake/gather.js';
import { Table } from './table.js';
import { checkExpect } from './write-options.js';

/** One table's part of an atomic write. */
export interface WritePart<Input = BytesInput> {
  /** Where the entries go. */
  readonly table: Table<unknown, Input>;
  /** The entries, in order; may be empty. */
  readonly payloads: readonly Input[];
  /** The sequence that the part's first entry must get; otherwise nothing of the write is done. */
  readonly expect?: SequenceInput | undefined;
}

/** The parts of an atomic write, each with what its own table takes. */
export type WriteParts<Inputs extends readonly unknown[]> = {
  readonly [I in keyof Inputs]: WritePart<Inputs[I]>;
};

/** What an atomic write comes to: for each part, in order, where its entries got to. */
export type WriteResults<Inputs extends readonly unknown[]> = { readonly [I in keyof Inputs]: AppendResult };

const PART_FIELDS = ['table', 'payloads', 'expect'] as const;

/** A part of a write after all code of its caller has run. */
export interface GatheredPart {
  readonly table: Table<unknown, unknown>;
  readonly batch: GatheredBatch;
  readonly expect: bigint | undefined;
}

/**
 * Reads the parts of a write and their payloads: runs all code of the caller that there is. Throws
 * SHALE_INVALID_ARGUMENT, SHALE_PAYLOAD, SHALE_TOO_LARGE.
 */
export function gatherParts(engine: Engine, parts: readonly unknown[]): readonly GatheredPart[] {
  const most = mostParts(engine.options.maxInFlightBytes);
  return readArray('parts', 'an array of parts', parts, most).map((part) => {
    const { table, payloads, expect } = readBag('a part of a write', part, PART_FIELDS);
    if (!isTable(table)) throw invalid('table', 'each part of a write names a table of wal.table()');
    if (!table.isOf(engine))
      throw invalid('table', 'a write must be over tables of the same Wal, got one of another');
    // What is no array is refused there.
    return { table, batch: table.gather(payloads as readonly unknown[]), expect: checkExpect(expect) };
  });
}

/** Measures the parts. Runs no code of the caller; nor may any run until the payloads are copied. */
export function measureParts(parts: readonly GatheredPart[]): PendingPart[] {
  return parts.map(({ table, batch, expect }) => table.measure(batch, expect));
}

/** Not what only looks like one: a table has fields that nothing else has. */
export function isTable(value: unknown): value is Table<unknown, unknown> {
  return typeof value === 'object' && value !== null && Table.is(value);
}

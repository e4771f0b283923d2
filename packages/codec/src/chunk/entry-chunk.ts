import { corrupt, invalidArgument } from '../errors/refuse.js';
import type { TableId } from '../errors/wal-error.js';
import { requireLittleEndian } from '../layout/byte-order.js';
import { FORMAT_VERSION } from '../layout/instance.js';
import { LOG_VALUE_HEADER_LENGTH } from '../layout/log-value.js';
import { decodeRun, RUN_DESCENDING, RUN_SKIP, RUN_STRIDE, type Run } from '../run.js';

/*
 * What a bulk scan leaves in a buffer:
 *
 *   [0 .. dataLength)   the log values of all entries, back to back, version bytes included
 *   [endsAt ..)         u32 LE per entry: where its log value ends in the data; aligned to 8
 *   [runsAt ..)       runs (run.ts), which say whose entries they are; aligned to 8
 */

/** Where the parts of a scanned buffer are. */
export interface ScanLayout {
  readonly entries: number;
  readonly runs: number;
  readonly dataLength: number;
  readonly endsAt: number;
  readonly runsAt: number;
}

/** A run of entries of one table inside a chunk. */
export interface ChunkRun {
  readonly id: TableId;
  /** The sequence of the run's first entry. */
  readonly first: bigint;
  readonly count: number;
  /** Index of the run's first entry in the chunk. */
  readonly start: number;
  /** Whether sequences go down from `first` instead of up. */
  readonly descending: boolean;
}

/**
 * Many entries in one buffer, each decoded only when it is accessed. Payloads are views of the buffer: they stay valid
 * until it is transferred or reused.
 */
export class EntryChunk {
  /** Entries in the chunk. */
  readonly length: number;
  readonly #buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #dataLength: number;
  readonly #runs: readonly ChunkRun[];
  /** The run accessed last: entries are mostly accessed in order. */
  #current: ChunkRun | undefined;
  #currentIndex = 0;

  /** Throws SHALE_CORRUPT when `layout` does not describe `buffer`. */
  constructor(buffer: ArrayBuffer, layout: ScanLayout) {
    requireLittleEndian();
    checkLayout(buffer, layout);
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#ends = new Uint32Array(buffer, layout.endsAt, layout.entries);
    this.#dataLength = layout.dataLength;
    this.length = layout.entries;
    this.#runs = readRuns(this.#bytes, layout);
    this.#current = this.#runs[0];
    const dataEnd = this.#ends[layout.entries - 1] ?? 0;
    if (dataEnd !== layout.dataLength) {
      throw corrupt(
        `a scanned chunk: its entries end at ${dataEnd}, but its data ends at ${layout.dataLength}`,
        {
          field: 'ends',
          offset: layout.endsAt,
          expected: layout.dataLength,
          actual: dataEnd,
        },
      );
    }
  }

  /** The runs of entries, in order. */
  get runs(): readonly ChunkRun[] {
    return this.#runs;
  }

  /** The sequence of entry `index`. */
  sequenceAt(index: number): bigint {
    const run = this.#runOf(index);
    const distance = BigInt(index - run.start);
    return run.descending ? run.first - distance : run.first + distance;
  }

  /** The table of entry `index`. The same object for all entries of a run. */
  tableAt(index: number): TableId {
    return this.#runOf(index).id;
  }

  /** The payload of entry `index`: a view without the version byte, not a copy. */
  payloadAt(index: number): Uint8Array {
    const end = this.#ends[index];
    if (end === undefined) return this.#refuse(index);
    const start = index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
    if (start >= end || end > this.#dataLength || this.#bytes[start] !== FORMAT_VERSION)
      this.#refuseValue(index, start, end);
    return new Uint8Array(
      this.#buffer,
      start + LOG_VALUE_HEADER_LENGTH,
      end - start - LOG_VALUE_HEADER_LENGTH,
    );
  }

  #runOf(index: number): ChunkRun {
    const current = this.#current;
    if (
      current !== undefined &&
      Number.isInteger(index) &&
      index >= current.start &&
      index - current.start < current.count
    ) {
      return current;
    }
    return this.#seekRun(index);
  }

  #seekRun(index: number): ChunkRun {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) return this.#refuse(index);
    const following = this.#runs[this.#currentIndex + 1];
    let at = this.#currentIndex + 1;
    if (following === undefined || index < following.start || index - following.start >= following.count) {
      at = lastStartingAtOrBefore(this.#runs, index);
    }
    const run = this.#runs[at];
    if (run === undefined) return this.#refuse(index);
    this.#currentIndex = at;
    this.#current = run;
    return run;
  }

  #refuse(index: number): never {
    throw invalidArgument(`entry ${index} is not among the ${this.length} entries of this chunk`, { index });
  }

  #refuseValue(index: number, start: number, end: number): never {
    const misplaced = start >= end || end > this.#dataLength;
    const actual = misplaced ? end : (this.#bytes[start] ?? -1);
    throw corrupt(
      misplaced
        ? `a scanned chunk: entry ${index} lies from ${start} to ${end}, outside its ${this.#dataLength} bytes of data`
        : `a scanned chunk: entry ${index} has value version ${actual} instead of ${FORMAT_VERSION}`,
      { field: misplaced ? 'ends' : 'version', entry: index, offset: start, actual },
    );
  }
}

function lastStartingAtOrBefore(runs: readonly ChunkRun[], index: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((runs[middle]?.start ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

function checkLayout(buffer: ArrayBuffer, layout: ScanLayout): void {
  const { entries, runs, dataLength, endsAt, runsAt } = layout;
  const whole = [entries, runs, dataLength, endsAt, runsAt].every(
    (value) => Number.isSafeInteger(value) && value >= 0,
  );
  const fits =
    whole &&
    dataLength <= endsAt &&
    endsAt % 8 === 0 &&
    endsAt + entries * 4 <= runsAt &&
    runsAt % 8 === 0 &&
    runsAt + runs * RUN_STRIDE <= buffer.byteLength &&
    runs <= entries;
  if (!fits) {
    throw corrupt(
      `a scanned chunk: ${entries} entries in ${dataLength} bytes, their ends at ${endsAt} and ${runs} runs ` +
        `at ${runsAt} do not fit into a buffer of ${buffer.byteLength} bytes`,
      {
        field: 'layout',
        entries,
        runs,
        dataLength,
        endsAt,
        runsAt,
        size: buffer.byteLength,
      },
    );
  }
}

function readRuns(bytes: Uint8Array, layout: ScanLayout): ChunkRun[] {
  const runs: ChunkRun[] = [];
  let start = 0;
  let id: TableId | undefined;
  for (let i = 0; i < layout.runs; i++) {
    const offset = layout.runsAt + i * RUN_STRIDE;
    const run: Run = decodeRun(bytes, offset);
    if (run.count === 0 || (run.flags & RUN_SKIP) !== 0) {
      throw corrupt(
        `a scanned chunk: run ${i} has count ${run.count} and flags ${run.flags}, which a scan never returns`,
        { field: 'runs', offset, run: i },
      );
    }
    // Holes split a table into several runs, which then share its id.
    if (id === undefined || id.table !== run.table || id.region !== run.region) {
      id = { region: run.region, table: run.table };
    }
    const descending = (run.flags & RUN_DESCENDING) !== 0;
    runs.push({ id, first: run.first, count: run.count, start, descending });
    start += run.count;
  }
  if (start !== layout.entries) {
    throw corrupt(`a scanned chunk: its runs have ${start} entries, but it has ${layout.entries}`, {
      field: 'runs',
      offset: layout.runsAt,
      expected: layout.entries,
      actual: start,
    });
  }
  return runs;
}

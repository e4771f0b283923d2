import { decodeLogKey, type TableId, tableInWords, tableRange } from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { native } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import type { VerifyFinding } from './verify-events.js';

/** Follows one table through a scan in order. */
export class TableCheck {
  readonly id: TableId;
  /** The sequence that must come next. */
  expected: bigint;
  readonly #context: LogContext;
  readonly #snapshot: Snapshot;
  readonly #first: bigint;
  #gapIsKnown = false;

  constructor(context: LogContext, snapshot: Snapshot, id: TableId, first: bigint) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.id = id;
    this.expected = first;
    this.#first = first;
  }

  /** Whether entries of `id` are of this table. */
  isOf(id: TableId): boolean {
    return id.table === this.id.table && id.region === this.id.region;
  }

  /** Takes a run of consecutive entries; returns what is missing before it. */
  run(first: bigint, count: number): VerifyFinding | null {
    const missing = first > this.expected && !this.#gapIsKnown;
    const from = this.expected;
    this.expected = first + BigInt(count);
    this.#gapIsKnown = false;
    if (!missing) return null;
    return {
      type: 'finding',
      severity: 'error',
      kind: 'hole',
      id: this.id,
      sequences: { from, to: first - 1n },
      message: `${this.#name}: the entries ${from} to ${first - 1n} are missing; Shale leaves no holes, so they are lost, unless HoraeDB wrote this table (it leaves one after a failed write) or a table of the same id was trimmed in another region (they share a metadata record)`,
    };
  }

  /** The gap before the next entry was reported already. */
  resumeAfterGap(): void {
    this.#gapIsKnown = true;
  }

  /** A foreign key was stepped over: when it stands for an entry whose value is bad, the entry is not missing. */
  passForeign(key: Uint8Array): void {
    try {
      const { region, table, sequence } = decodeLogKey(key, this.#context.instance);
      if (this.isOf({ region, table }) && sequence === this.expected) this.expected++;
    } catch {
      // Not the key of an entry: it takes no entry's place.
    }
  }

  /** The table has been scanned: compares it with what seeks find and with its metadata record. */
  finish(floors: ReadonlyMap<bigint, bigint>): VerifyFinding[] {
    return [...this.#compareEnds(), ...this.#compareFloor(floors.get(this.id.table))];
  }

  #compareEnds(): VerifyFinding[] {
    const { db, path, instance } = this.#context;
    const { lower, upper } = tableRange(instance, this.id);
    const last = this.expected - 1n;
    let found: string;
    try {
      const ends = native({ path, table: this.id }, () =>
        db.ends(lower, upper, { snapshot: this.#snapshot }),
      );
      if (ends.first === null || ends.last === null) {
        found = 'nothing';
      } else {
        const first = decodeLogKey(ends.first, instance).sequence;
        const end = decodeLogKey(ends.last, instance).sequence;
        if (first === this.#first && end === last) return [];
        found = `${first} to ${end}`;
      }
    } catch (error) {
      found = error instanceof Error ? error.message : String(error);
    }
    return [
      {
        type: 'finding',
        severity: 'error',
        kind: 'bounds',
        id: this.id,
        sequences: { from: this.#first, to: last },
        message: `${this.#name}: scanning finds ${this.#first} to ${last}, and seeking its ends finds ${found}`,
      },
    ];
  }

  #compareFloor(floor: bigint | undefined): VerifyFinding[] {
    const trimmed = this.#first - 1n;
    if (trimmed <= 0n || (floor !== undefined && floor >= trimmed)) return [];
    return [
      {
        type: 'finding',
        severity: 'warning',
        kind: 'floor',
        id: this.id,
        sequences: { from: 1n, to: trimmed },
        message: `${this.#name}: begins at ${this.#first}, and ${floor === undefined ? 'no metadata record says' : `its metadata record says ${floor} and not`} that what is before was trimmed`,
      },
    ];
  }

  get #name(): string {
    return tableInWords(this.id);
  }
}

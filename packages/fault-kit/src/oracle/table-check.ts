import { payloadHeader, payloadOf } from '../payload.js';
import { checkPrefix } from './check-prefix.js';
import { checkSequences } from './check-sequences.js';
import { checkTrims } from './check-trims.js';
import { describeEntry, describePayload } from './describe.js';
import {
  afterDrop,
  type Drop,
  type Fate,
  lastOf,
  type Part,
  type TableState,
  type TableView,
} from './entries.js';
import type { Finding } from './finding.js';
import { FindingList } from './finding-list.js';

/**
 * How a database came to be reopened. `'process'`: its process ended, however hard, and the machine did not;
 * everything acknowledged must be there. `'power'`: the machine died, or this is an image of what its disk would
 * hold; only what was acknowledged with `'sync'`, or before an acknowledged `wal.sync()`, or given to a follower as being
 * durable, must be there.
 */
export type Death = 'process' | 'power';

/** What is known of one table after a check. */
export interface TableVerdict {
  readonly table: TableState;
  readonly findings: readonly Finding[];
  readonly first: bigint;
  readonly last: bigint;
  readonly present: ReadonlyMap<Part, Fate>;
  /** Where the parts begin of which it is known. */
  readonly sequences: ReadonlyMap<Part, bigint>;
}

interface Place {
  readonly part: Part;
  readonly order: number;
  readonly index: number;
}

/** Compares one table with what was submitted to it. Fed with its ends and entries, in order. */
export class TableCheck {
  readonly #table: TableState;
  readonly #view: TableView;
  readonly #seeds: ReadonlyMap<number, Part>;
  readonly #death: Death;
  readonly #order: ReadonlyMap<Part, number>;
  readonly #list: FindingList;
  /** Where the parts begin that were found, as they were found. */
  readonly #found = new Map<Part, bigint>();
  /** Entries found of each part. */
  readonly #pieces = new Map<Part, number>();
  /** The largest sequence that must be gone. */
  readonly #trimmed: bigint;
  #first = 0n;
  #last = 0n;
  #next = 0n;
  #previous: Place | null = null;
  #lenient = true;
  #readable = true;

  /** @param drop the unanswered drop that is taken to be done, or null */
  constructor(table: TableState, seeds: ReadonlyMap<number, Part>, death: Death, drop: Drop | null = null) {
    this.#table = table;
    this.#list = new FindingList(table.key);
    const view = drop === null ? table : afterDrop(table, drop);
    this.#view = view;
    this.#seeds = seeds;
    this.#death = death;
    this.#order = new Map(view.parts.map((part, order) => [part, order]));
    let trimmed = view.settledTrim;
    for (const trim of view.trims) {
      const holds = trim.outcome === 'acked' && (death === 'process' || trim.durable);
      if (holds && trim.removed > trimmed) trimmed = trim.removed;
    }
    this.#trimmed = trimmed;
  }

  begin(first: bigint, last: bigint): void {
    this.#first = first;
    this.#last = last;
    this.#next = first;
  }

  entry(sequence: bigint, payload: Uint8Array): void {
    if (sequence !== this.#next) {
      const kind = sequence > this.#next ? 'hole' : 'ends';
      this.#list.add(kind, `sequence ${this.#next}`, `sequence ${sequence}`, sequence);
    }
    this.#next = sequence + 1n;
    if (sequence <= this.#trimmed) {
      this.#list.add('untrimmed', `nothing up to ${this.#trimmed}`, 'an entry', sequence);
    }
    const place = this.#place(sequence, payload);
    if (place === null) {
      // What comes next cannot be judged by what comes before.
      this.#lenient = true;
      this.#previous = null;
      return;
    }
    this.#follow(sequence, place);
    this.#previous = place;
    this.#lenient = false;
    if (!this.#found.has(place.part)) this.#found.set(place.part, sequence - BigInt(place.index));
    this.#pieces.set(place.part, (this.#pieces.get(place.part) ?? 0) + 1);
  }

  unreadable(error: unknown): void {
    this.#readable = false;
    const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
    const message = error instanceof Error ? error.message : String(error);
    this.#list.add('unreadable', 'entries to read', `${code}${message}`, this.#next);
  }

  end(): TableVerdict {
    const present = new Map<Part, Fate>();
    if (this.#readable) {
      this.#checkEnds();
      checkSequences(this.#view, this.#last, this.#list);
      for (const part of this.#view.parts) {
        if (part.record.count > 0) present.set(part, this.#fate(part));
      }
      checkPrefix(present, this.#list);
    }
    const sequences = new Map(this.#found);
    for (const part of this.#view.parts) {
      if (part.first !== null && present.get(part) === 'in') sequences.set(part, part.first);
    }
    return {
      table: this.#table,
      findings: this.#list.all,
      first: this.#first,
      last: this.#last,
      present,
      sequences,
    };
  }

  /** Which submitted entry this is, byte for byte; null, and a finding, when it is none. */
  #place(sequence: bigint, payload: Uint8Array): Place | null {
    const header = payloadHeader(payload);
    const part = header === null ? undefined : this.#seeds.get(header.seed);
    const order = part === undefined ? undefined : this.#order.get(part);
    if (header === null || part === undefined || order === undefined || header.index >= part.record.count) {
      this.#list.add('foreign', this.#expectedAt(sequence), describePayload(payload, part), sequence);
      return null;
    }
    const expected = payloadOf(part.record, header.index);
    if (Buffer.compare(expected, payload) !== 0) {
      const at = expected.findIndex((byte, i) => byte !== payload[i]);
      const what = `${describeEntry(part, header.index)} of ${expected.length} bytes`;
      const found = `${payload.length} bytes that differ from byte ${at === -1 ? expected.length : at} on`;
      this.#list.add('changed', what, found, sequence, part);
      return null;
    }
    return { part, order, index: header.index };
  }

  /** Whether an entry may stand where it does. */
  #follow(sequence: bigint, place: Place): void {
    const { part, order, index } = place;
    const { submit, first } = part;
    if (submit.outcome === 'refused') {
      this.#list.add(
        'refused',
        `nothing: it was rejected with ${submit.code}`,
        describeEntry(part, index),
        sequence,
        part,
      );
    }
    if (first !== null && first + BigInt(index) !== sequence) {
      const expected = `${describeEntry(part, index)} at sequence ${first + BigInt(index)}`;
      this.#list.add('moved', expected, `it at sequence ${sequence}`, sequence, part);
    }
    const previous = this.#previous;
    if (previous === null) {
      if (index > 0 && sequence === this.#first && this.#first === 1n) {
        this.#list.add('split', describeEntry(part, 0), describeEntry(part, index), sequence, part);
      }
      if (this.#lenient) return;
    } else if (previous.part === part) {
      if (index !== previous.index + 1) {
        this.#list.add(
          'split',
          describeEntry(part, previous.index + 1),
          describeEntry(part, index),
          sequence,
          part,
        );
      }
    } else {
      if (previous.index !== previous.part.record.count - 1) {
        const expected = describeEntry(previous.part, previous.index + 1);
        this.#list.add('split', expected, describeEntry(part, index), sequence, previous.part);
      }
      if (order < previous.order) {
        const expected = `it before ${describeEntry(previous.part, 0)}`;
        this.#list.add('moved', expected, 'it after that', sequence, part);
      } else if (index !== 0) {
        this.#list.add('split', describeEntry(part, 0), describeEntry(part, index), sequence, part);
      }
    }
  }

  #checkEnds(): void {
    const first = this.#first;
    const last = this.#last;
    const isNew = first === 0n && last === 0n;
    if (!isNew && (first === 0n || first > last + 1n)) {
      this.#list.add(
        'ends',
        'a first sequence of 1 to one more than the last',
        `first ${first}, last ${last}`,
      );
    }
    const read = this.#next - 1n;
    if (!isNew && read !== last) {
      this.#list.add('ends', `entries up to sequence ${last}`, `entries up to ${read}`);
    }
    const known = larger(this.#view.settledLast, this.#trimmed);
    if (last < known) {
      const expected = `a last sequence of ${known} at least, which was given out before`;
      this.#list.add(
        'reused',
        expected,
        `${last}: the next append gets a sequence that was given out already`,
      );
    }
    if (first > 0n && first <= this.#trimmed) {
      this.#list.add('untrimmed', `a first sequence beyond ${this.#trimmed}`, `first sequence ${first}`);
    }
    checkTrims(this.#view, this.#first, this.#list);
  }

  #fate(part: Part): Fate {
    const { first, submit, record } = part;
    const isRequired =
      part.found ||
      (submit.outcome === 'acked' && (this.#death === 'process' || submit.durable)) ||
      (first !== null && lastOf(part, first) <= this.#view.seen);
    const pieces = this.#pieces.get(part) ?? 0;
    if (pieces > 0) {
      const begin = this.#found.get(part) ?? 0n;
      const complete = begin + BigInt(record.count) - 1n <= this.#last;
      if (!complete) {
        const kind = isRequired ? 'lost' : 'split';
        const expected = `${record.count} entries from sequence ${begin} on`;
        this.#list.add(kind, expected, `a last sequence of ${this.#last}`, this.#last + 1n, part);
      }
      return 'in';
    }
    if (first === null) {
      if (submit.outcome === 'refused') return 'out';
      return this.#first <= 1n || this.#isBehindFound(part) ? 'out' : 'unknown';
    }
    if (lastOf(part, first) < this.#first) {
      // Trimmed; with 'power' a lost one may have left its place to others.
      return isRequired ? 'in' : 'unknown';
    }
    if (isRequired) {
      const from = larger(first, this.#first);
      const expected = describeEntry(part, Number(from - first));
      const found = from > this.#last ? `a last sequence of ${this.#last}` : 'another entry';
      this.#list.add('lost', expected, found, from, part);
    }
    return 'out';
  }

  /** Whether a part submitted before this one was found, so that this one would lie above the first sequence. */
  #isBehindFound(part: Part): boolean {
    const order = this.#order.get(part) ?? 0;
    for (const found of this.#found.keys()) return (this.#order.get(found) ?? 0) < order;
    return false;
  }

  #expectedAt(sequence: bigint): string {
    for (const part of this.#view.parts) {
      const { first, record } = part;
      if (first !== null && first <= sequence && sequence < first + BigInt(record.count)) {
        return describeEntry(part, Number(sequence - first));
      }
    }
    return 'an entry that was submitted to this table';
  }
}

function larger(a: bigint, b: bigint): bigint {
  // Math.max takes no bigint.
  return [a, b].reduce((most, value) => (value > most ? value : most));
}

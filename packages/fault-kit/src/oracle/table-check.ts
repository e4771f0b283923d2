import { payloadHeader, payloadOf } from '../payload.js';
import { type Drop, lastOf, nameOf, type Part, type TableState } from './entries.js';
import type { Finding, FindingKind } from './finding.js';

/**
 * How a database came to be reopened. `'process'`: its process ended, however hard, and the machine did not; everything
 * acknowledged must be there. `'power'`: the machine died, or this is an image of what its disk would hold; only what was
 * acknowledged with `'sync'`, or before an acknowledged `wal.sync()`, must be there.
 */
export type Death = 'process' | 'power';

/**
 * Whether a part is in the table. `unknown`: it was never acknowledged, and lies where entries have been trimmed.
 */
export type Fate = 'in' | 'out' | 'unknown';

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

type TableView = Pick<TableState, 'parts' | 'trims' | 'settledLast' | 'settledTrim'>;

interface Place {
  readonly part: Part;
  readonly order: number;
  readonly index: number;
}

/** Findings of one kind and table that are told; more of them only repeat the first. */
const MOST_OF_A_KIND = 5;

/** Compares one table with what was submitted to it. Fed with its ends and entries, in order. */
export class TableCheck {
  readonly #table: TableState;
  readonly #view: TableView;
  readonly #seeds: ReadonlyMap<number, Part>;
  readonly #death: Death;
  readonly #order: ReadonlyMap<Part, number>;
  readonly #findings: Finding[] = [];
  readonly #counts = new Map<FindingKind, number>();
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

  /** @param drop the drop that is taken to be done although nobody answered it, or null */
  constructor(table: TableState, seeds: ReadonlyMap<number, Part>, death: Death, drop: Drop | null = null) {
    this.#table = table;
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
      this.#find(kind, `sequence ${this.#next}`, `sequence ${sequence}`, sequence);
    }
    this.#next = sequence + 1n;
    if (sequence <= this.#trimmed) {
      this.#find('untrimmed', `nothing up to ${this.#trimmed}`, 'an entry', sequence);
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
    this.#find('unreadable', 'entries to read', `${code}${message}`, this.#next);
  }

  end(): TableVerdict {
    const present = new Map<Part, Fate>();
    if (this.#readable) {
      this.#checkEnds();
      this.#checkSequences();
      for (const part of this.#view.parts) {
        if (part.record.count > 0) present.set(part, this.#fate(part));
      }
      this.#checkPrefix(present);
    }
    const sequences = new Map(this.#found);
    for (const part of this.#view.parts) {
      if (part.first !== null && present.get(part) === 'in') sequences.set(part, part.first);
    }
    return {
      table: this.#table,
      findings: this.#findings,
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
      this.#find('foreign', this.#expectedAt(sequence), describePayload(payload, part), sequence);
      return null;
    }
    const expected = payloadOf(part.record, header.index);
    if (Buffer.compare(expected, payload) !== 0) {
      const at = expected.findIndex((byte, i) => byte !== payload[i]);
      const what = `${describeEntry(part, header.index)} of ${expected.length} bytes`;
      const found = `${payload.length} bytes that differ from byte ${at === -1 ? expected.length : at} on`;
      this.#find('changed', what, found, sequence, part);
      return null;
    }
    return { part, order, index: header.index };
  }

  /** Whether an entry may stand where it does. */
  #follow(sequence: bigint, place: Place): void {
    const { part, order, index } = place;
    const { submit, first } = part;
    if (submit.outcome === 'refused') {
      this.#find(
        'refused',
        `nothing: it was rejected with ${submit.code}`,
        describeEntry(part, index),
        sequence,
        part,
      );
    }
    if (first !== null && first + BigInt(index) !== sequence) {
      const expected = `${describeEntry(part, index)} at sequence ${first + BigInt(index)}`;
      this.#find('moved', expected, `it at sequence ${sequence}`, sequence, part);
    }
    const previous = this.#previous;
    if (previous === null) {
      if (index > 0 && sequence === this.#first && this.#first === 1n) {
        this.#find('split', describeEntry(part, 0), describeEntry(part, index), sequence, part);
      }
      if (this.#lenient) return;
    } else if (previous.part === part) {
      if (index !== previous.index + 1) {
        this.#find(
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
        this.#find('split', expected, describeEntry(part, index), sequence, previous.part);
      }
      if (order < previous.order) {
        const expected = `it before ${describeEntry(previous.part, 0)}`;
        this.#find('moved', expected, 'it after that', sequence, part);
      } else if (index !== 0) {
        this.#find('split', describeEntry(part, 0), describeEntry(part, index), sequence, part);
      }
    }
  }

  #checkEnds(): void {
    const first = this.#first;
    const last = this.#last;
    const isNew = first === 0n && last === 0n;
    if (!isNew && (first === 0n || first > last + 1n)) {
      this.#find('ends', 'a first sequence of 1 to one more than the last', `first ${first}, last ${last}`);
    }
    const read = this.#next - 1n;
    if (!isNew && read !== last) {
      this.#find('ends', `entries up to sequence ${last}`, `entries up to ${read}`);
    }
    const known = larger(this.#view.settledLast, this.#trimmed);
    if (last < known) {
      const expected = `a last sequence of ${known} at least, which was given out before`;
      this.#find('reused', expected, `${last}: the next append gets a sequence that was given out already`);
    }
    if (first > 0n && first <= this.#trimmed) {
      this.#find('untrimmed', `a first sequence beyond ${this.#trimmed}`, `first sequence ${first}`);
    }
    this.#checkTrims();
  }

  /** Acknowledged sequences grow with the order of submits, with no more room between them than what lies there needs. */
  #checkSequences(): void {
    let last = this.#view.parts[0]?.found === true ? null : this.#view.settledLast;
    let room = 0n;
    for (const part of this.#view.parts) {
      const { first, submit, record } = part;
      if (record.count === 0 || submit.outcome === 'refused') continue;
      if (first === null) {
        room += BigInt(record.count);
        continue;
      }
      if (last !== null && first <= last) {
        this.#find('reused', `a sequence after ${last}`, `an acknowledgement of ${first}`, first, part);
      } else if (last !== null && first > last + 1n + room) {
        const expected = `a sequence of at most ${last + 1n + room}`;
        this.#find('hole', expected, `an acknowledgement of ${first}`, first, part);
      }
      last = lastOf(part, first);
      room = 0n;
    }
    const most = (last ?? this.#view.settledLast) + room;
    if (this.#last > most) {
      this.#find('foreign', `a last sequence of at most ${most}`, `last sequence ${this.#last}`);
    }
  }

  /** Whether everything below the first sequence may have been trimmed. */
  #checkTrims(): void {
    const gone = this.#first - 1n;
    if (gone <= this.#view.settledTrim) return;
    const trims = this.#view.trims.filter(({ outcome }) => outcome !== 'refused');
    let most = this.#view.settledTrim;
    for (const { upTo } of trims) if (upTo > most) most = upTo;
    if (gone > most) {
      this.#find('overtrimmed', `nothing trimmed beyond ${most}`, `a first sequence of ${this.#first}`);
      return;
    }
    // A trim reaches only what was appended before it.
    let next = trims.length - 1;
    let reach = this.#view.settledTrim;
    for (const part of this.#view.parts.toReversed()) {
      for (let trim = trims[next]; trim !== undefined && trim.at > part.submit.at; trim = trims[--next]) {
        if (trim.upTo > reach) reach = trim.upTo;
      }
      if (part.first === null || part.first > gone || part.record.count === 0) continue;
      const end = lastOf(part, part.first);
      const removed = end < gone ? end : gone;
      if (removed > reach) {
        const expected = `it, or a trim after it of ${removed} or more`;
        this.#find('overtrimmed', expected, `a first sequence of ${this.#first}`, removed, part);
      }
    }
  }

  #fate(part: Part): Fate {
    const { first, submit, record } = part;
    const isRequired =
      part.found || (submit.outcome === 'acked' && (this.#death === 'process' || submit.durable));
    const pieces = this.#pieces.get(part) ?? 0;
    if (pieces > 0) {
      const begin = this.#found.get(part) ?? 0n;
      const complete = begin + BigInt(record.count) - 1n <= this.#last;
      if (!complete) {
        const kind = isRequired ? 'lost' : 'split';
        const expected = `${record.count} entries from sequence ${begin} on`;
        this.#find(kind, expected, `a last sequence of ${this.#last}`, this.#last + 1n, part);
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
      this.#find('lost', expected, found, from, part);
    }
    return 'out';
  }

  /** Whether a part submitted before this one was found, so that this one would lie above the first sequence. */
  #isBehindFound(part: Part): boolean {
    const order = this.#order.get(part) ?? 0;
    for (const found of this.#found.keys()) return (this.#order.get(found) ?? 0) < order;
    return false;
  }

  /** What is in is a prefix of what each process submitted, unless something was broken inside it. */
  #checkPrefix(present: ReadonlyMap<Part, Fate>): void {
    let missing: Part | null = null;
    for (const [part, fate] of present) {
      const { run, outcome } = part.submit;
      if (run.broken || outcome === 'refused') continue;
      if (missing !== null && missing.submit.run !== run) missing = null;
      if (fate === 'out') missing ??= part;
      else if (fate === 'in' && missing !== null) {
        const expected = `it before ${nameOf(part.submit)}`;
        this.#find('hole', expected, `that one, and nothing of it`, undefined, missing);
        missing = null;
      }
    }
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

  #find(kind: FindingKind, expected: string, found: string, sequence?: bigint, part?: Part): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count > MOST_OF_A_KIND) return;
    this.#findings.push({
      kind,
      table: this.#table.key,
      ...(sequence === undefined ? {} : { sequence }),
      ...(part === undefined ? {} : { submit: nameOf(part.submit) }),
      expected,
      found,
    });
  }
}

function larger(a: bigint, b: bigint): bigint {
  // Math.max takes no bigint.
  return [a, b].reduce((most, value) => (value > most ? value : most));
}

function describeEntry(part: Part, index: number): string {
  return `entry ${index} of ${part.record.count} of ${nameOf(part.submit)}`;
}

function describePayload(payload: Uint8Array, part: Part | undefined): string {
  const header = payloadHeader(payload);
  if (part === undefined || header === null) {
    const start = Buffer.from(payload.subarray(0, 16)).toString('hex');
    return `${payload.length} bytes that nobody submitted, beginning with ${start}`;
  }
  return `${describeEntry(part, header.index)} to table ${part.table.key}`;
}

/** The table as it is when a drop has been done: as never written. */
function afterDrop(table: TableState, drop: Drop): TableView {
  return {
    parts: table.parts.filter(({ submit }) => submit.at > drop.at),
    trims: table.trims.filter(({ at }) => at > drop.at),
    settledLast: 0n,
    settledTrim: 0n,
  };
}

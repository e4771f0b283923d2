import type { JournalRecord, SubmitRecord, TableRecord } from '../journal/records.js';
import { tableKey } from '../table-key.js';
import type { AppendSubmit, Drop, Outcome, Part, Run, TableState, Trim } from './entries.js';
import { lastOf } from './entries.js';

/** Codes of rejections after which the change may or may not be in. All others promise that it is not. */
const OPEN_CODES: ReadonlySet<string> = new Set([
  'SHALE_OUTCOME_UNKNOWN',
  'SHALE_IO',
  'SHALE_POISONED',
  'SHALE_NO_SPACE',
  'SHALE_NO_RESOURCES',
]);

type Pending =
  | { readonly is: 'append'; readonly submit: AppendSubmit }
  | { readonly is: 'trim'; readonly trim: Trim }
  | { readonly is: 'drop'; readonly drop: Drop }
  | { readonly is: 'sync'; readonly at: number }
  | { readonly is: 'other' };

/**
 * Everything that the journals of a directory say was submitted and acknowledged. Absorb the journals of all processes
 * that worked on it, in the order in which they did, then let `checkDatabase` compare.
 */
export class Ledger {
  /** @internal */
  readonly tables: Map<string, TableState> = new Map();
  /** @internal The part that each seed belongs to. */
  readonly seeds: Map<number, Part> = new Map();
  readonly #regionOf = new Map<string, string>();
  #runs = 0;
  #submits = 0;

  /** How many journals were absorbed. */
  get runs(): number {
    return this.#runs;
  }

  /**
   * Takes in the journal of one more process. Throws a TypeError for a journal that makes no sense: an answer without a
   * submit, a seed that is used twice, or one table id in two regions, whose sequences depend on each other.
   */
  absorb(records: Iterable<JournalRecord>): void {
    const run: Run = { number: ++this.#runs, broken: false };
    const pending = new Map<number, Pending>();
    const acked: (AppendSubmit | Trim)[] = [];
    for (const record of records) {
      if (record.op === 'submit') {
        pending.set(record.id, this.#submit(run, record));
      } else if (record.op === 'fault') {
        run.broken = true;
      } else if (record.op === 'seen') {
        const table = this.#table(record);
        const upTo = BigInt(record.upTo);
        if (upTo > table.seen) table.seen = upTo;
      } else {
        const about = pending.get(record.id);
        if (about === undefined) {
          throw new TypeError(`run ${run.number} has an answer without a submit: ${JSON.stringify(record)}`);
        }
        pending.delete(record.id);
        if (record.op === 'ack') acknowledge(about, record, acked);
        else if (reject(about, record.code)) run.broken = true;
      }
    }
  }

  /** The state of a table, as nothing if it is new. */
  #table(record: TableRecord): TableState {
    const key = tableKey(record);
    const known = this.tables.get(key);
    if (known !== undefined) return known;
    if (record.table !== undefined && record.region !== undefined) {
      const region = this.#regionOf.get(record.table);
      if (region !== undefined && region !== record.region) {
        throw new TypeError(
          `table ${record.table} is used in regions ${region} and ${record.region}: give each table an id of its own`,
        );
      }
      this.#regionOf.set(record.table, record.region);
    }
    const { region, table, name } = record;
    const state: TableState = {
      key,
      record: name === undefined ? { region: region ?? '', table: table ?? '' } : { name },
      parts: [],
      trims: [],
      drops: [],
      settledLast: 0n,
      settledTrim: 0n,
      seen: 0n,
    };
    this.tables.set(key, state);
    return state;
  }

  #submit(run: Run, record: SubmitRecord): Pending {
    const at = ++this.#submits;
    const { id } = record;
    switch (record.kind) {
      case 'append': {
        const sync = record.durability === 'sync';
        const parts: Part[] = [];
        const submit: AppendSubmit = {
          run,
          id,
          at,
          sync,
          parts,
          outcome: 'pending',
          code: '',
          durable: false,
        };
        for (const part of record.parts) {
          const table = this.#table(part);
          if (this.seeds.has(part.seed)) throw new TypeError(`seed ${part.seed} is used by two parts`);
          const entry: Part = { submit, table, record: part, first: null, found: false };
          parts.push(entry);
          this.seeds.set(part.seed, entry);
          table.parts.push(entry);
        }
        return { is: 'append', submit };
      }
      case 'trim': {
        const table = this.#table(record);
        const sync = (record.durability ?? 'sync') === 'sync';
        const upTo = BigInt(record.upTo);
        const trim: Trim = {
          run,
          id,
          at,
          table,
          upTo,
          sync,
          outcome: 'pending',
          durable: false,
          removed: 0n,
        };
        table.trims.push(trim);
        return { is: 'trim', trim };
      }
      case 'drop': {
        const drop: Drop = { run, id, at, table: this.#table(record), outcome: 'pending' };
        drop.table.drops.push(drop);
        return { is: 'drop', drop };
      }
      case 'sync':
        return { is: 'sync', at };
      default:
        return { is: 'other' };
    }
  }

  /** @internal Lets go of every part that its table does not have any more. */
  retainParts(): void {
    this.seeds.clear();
    for (const { parts } of this.tables.values())
      for (const part of parts) this.seeds.set(part.record.seed, part);
  }
}

function acknowledge(
  about: Pending,
  ack: Extract<JournalRecord, { op: 'ack' }>,
  acked: (AppendSubmit | Trim)[],
): void {
  if (about.is === 'append') {
    const { submit } = about;
    submit.outcome = 'acked';
    submit.durable = submit.sync;
    submit.parts.forEach((part, index) => {
      const span = ack.parts?.[index];
      if (span === undefined) {
        throw new TypeError(`the acknowledgement ${JSON.stringify(ack)} lacks a part of its submit`);
      }
      part.first = BigInt(span.first);
      if (part.record.count > 0 && BigInt(span.last) !== lastOf(part, part.first)) {
        throw new TypeError(`the acknowledgement ${JSON.stringify(ack)} has another count than its submit`);
      }
    });
    acked.push(submit);
  } else if (about.is === 'trim') {
    const { trim } = about;
    trim.outcome = 'acked';
    trim.durable = trim.sync;
    trim.removed = ack.first === undefined ? removedBy(trim) : BigInt(ack.first) - 1n;
    if (trim.removed < 0n) trim.removed = 0n;
    acked.push(trim);
  } else if (about.is === 'drop') {
    about.drop.outcome = 'acked';
    startOver(about.drop);
  } else if (about.is === 'sync') {
    // What was acknowledged, and made before the sync.
    for (const change of acked) if (change.at < about.at) change.durable = true;
    acked.splice(0, acked.length, ...acked.filter((change) => !change.durable));
  }
}

/** At least what had been acknowledged below `upTo` when the trim was made. */
function removedBy({ table, upTo, at }: Trim): bigint {
  let last = table.settledLast;
  for (const { first, submit, record } of table.parts) {
    if (first !== null && submit.at < at && record.count > 0) {
      const end = first + BigInt(record.count) - 1n;
      if (end > last) last = end;
    }
  }
  return upTo < last ? upTo : last;
}

/** A dropped table is as never written. */
function startOver(drop: Drop): void {
  const { table } = drop;
  table.parts = table.parts.filter((part) => part.submit.at > drop.at);
  table.trims = table.trims.filter((trim) => trim.at > drop.at);
  table.settledLast = 0n;
  table.settledTrim = 0n;
  table.seen = 0n;
  table.drops = [];
}

/** Notes a rejection. Returns whether it leaves open what happened. */
function reject(about: Pending, code: string): boolean {
  const isOpen = OPEN_CODES.has(code);
  const outcome: Outcome = isOpen ? 'unknown' : 'refused';
  if (about.is === 'append') {
    about.submit.outcome = outcome;
    about.submit.code = code;
  } else if (about.is === 'trim') {
    about.trim.outcome = outcome;
  } else if (about.is === 'drop') {
    about.drop.outcome = outcome;
    const { table } = about.drop;
    if (!isOpen) table.drops = table.drops.filter((drop) => drop !== about.drop);
  }
  return isOpen;
}

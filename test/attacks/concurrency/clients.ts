import { type Table, type Wal, WalError } from '@shale/engine';
import type { Random } from '../../support/random.js';
import { payloadOf } from '../model/payloads.js';
import type { AppendOp, EndOp, Op, ReadOp, Seen } from './history.js';

/** A table of a history, and how it is asked for. */
export interface Target {
  readonly key: string;
  readonly id: string | { readonly region: bigint; readonly table: bigint };
}

/** Where those of several threads and processes have what tells their calls apart. */
export interface Source {
  /** The time, as all of them have it. */
  now(): number;
  /** Which of them this is, from 0. */
  readonly client: number;
  /** Is told of an append or a trim that is being made, as if nothing came of it, and then of what did. */
  note(op: Op, isMade: boolean): void;
}

/** When what is not answered comes back. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Numbers of appends and entries that one of them has for itself. */
const NUMBERS = 1_000_000;

/** Makes calls and writes down when each was made and answered, and what came of it. */
export class Clients {
  readonly history: Op[] = [];
  readonly #source: Source | null;
  readonly #wal: Wal;
  readonly #random: Random;
  readonly #mayLoseThreads: boolean;
  #ticks = 0;
  #serial = 0;
  #units = 0;
  #scans = 0;

  /** @param source null where these are all that there are */
  constructor(wal: Wal, random: Random, mayLoseThreads: boolean, source: Source | null = null) {
    this.#source = source;
    const first = (source?.client ?? 0) * NUMBERS;
    this.#serial = first;
    this.#units = first;
    this.#scans = first;
    this.#wal = wal;
    this.#random = random;
    this.#mayLoseThreads = mayLoseThreads;
  }

  #now(): number {
    return this.#source?.now() ?? this.#ticks++;
  }

  #note(op: Op, isMade = true): void {
    if (isMade) this.history.push(op);
    this.#source?.note(op, isMade);
  }

  /** Appends to one table, or to several at once; resolves when it is answered. */
  append(targets: readonly Target[]): Promise<void> {
    const invoked = this.#now();
    const unit = this.#units++;
    const parts = targets.map(({ key, id }) => {
      const count = targets.length === 1 && this.#random.below(3) > 0 ? 1 : this.#random.below(6);
      const serials = Array.from({ length: count }, () => this.#serial++);
      return { key, table: this.#wal.table(id), serials, payloads: serials.map((s) => this.#payload(s)) };
    });
    const [only] = parts;
    const [payload] = only?.payloads ?? [];
    const note = (
      outcome: AppendOp['outcome'],
      spans: readonly { readonly first: bigint }[],
      returned: number = this.#now(),
      isMade = true,
    ): void => {
      parts.forEach(({ key, serials }, i) => {
        const first = spans[i]?.first ?? null;
        const client = this.#source?.client;
        this.#note(
          {
            kind: 'append',
            ...(client === undefined ? {} : { client }),
            table: key,
            unit,
            serials,
            outcome,
            first,
            invoked,
            returned,
          },
          isMade,
        );
      });
    };
    const failed = (error: unknown): void => {
      if (this.#hasLostOwner(error)) note('refused', []);
      else if (this.#isLost(error)) note('unknown', []);
      else throw error;
    };
    if (this.#source !== null) note('unknown', [], NEVER, false);
    // Each answer is noted the moment it comes: one more step between would change the order of the answers.
    if (parts.length !== 1 || only === undefined) {
      const write = parts.map(({ table, payloads }) => ({ table, payloads }));
      return this.#wal.write(write).then((spans) => note('ok', spans), failed);
    }
    return only.payloads.length === 1 && payload !== undefined
      ? only.table.append(payload).then((first) => note('ok', [{ first }]), failed)
      : only.table.appendBatch(only.payloads).then((span) => note('ok', [span]), failed);
  }

  /** Reads a part of a table, or all of it. */
  async read(target: Target, everything = false): Promise<void> {
    const random = this.#random;
    const table = this.#wal.table(target.id);
    const size = everything ? 0n : await this.#size(table);
    const somewhere = (): bigint => BigInt(random.below(Number(size) + 3));
    const gte = everything || random.once(2) ? 0n : somewhere();
    const lte = everything || random.once(2) ? 2n ** 64n - 1n : gte + somewhere();
    const limit = everything || random.once(2) ? Number.POSITIVE_INFINITY : random.below(40);
    const options = { chunkEntries: everything ? 1000 : 1 + random.below(20) };
    if (!everything && gte > 0n && random.once(3)) return await this.#get(target.key, table, gte);
    const invoked = this.#now();
    const entries: Seen[] = [];
    let begun: number | null = null;
    let end: ReadOp['end'] = 'complete';
    try {
      for await (const entry of table.read({ gte, lte, limit }, options)) {
        begun ??= this.#now();
        entries.push(this.#seen(entry));
      }
    } catch (error) {
      if (this.#codeOf(error) === 'SHALE_TRIMMED') end = 'trimmed';
      else if (this.#isLost(error)) end = 'lost';
      else throw error;
    }
    const returned = this.#now();
    const bounds = { gte, lte, limit, begun: begun ?? returned };
    this.#note({
      kind: 'read',
      table: target.key,
      ...bounds,
      entries,
      end,
      scan: null,
      invoked,
      returned,
    });
  }

  /** Reads one entry. */
  async #get(key: string, table: Table, sequence: bigint): Promise<void> {
    const invoked = this.#now();
    const entry = await table.get(sequence).catch((error: unknown) => {
      if (this.#isLost(error)) return undefined;
      throw error;
    });
    if (entry === undefined) return;
    const returned = this.#now();
    this.#note({
      kind: 'read',
      table: key,
      gte: sequence,
      lte: sequence,
      limit: 1,
      begun: returned,
      entries: entry === null ? [] : [this.#seen(entry)],
      end: 'complete',
      scan: null,
      invoked,
      returned,
    });
  }

  /** Reads tables of a region in one snapshot. */
  async scan(region: bigint, targets: readonly Target[]): Promise<void> {
    const invoked = this.#now();
    const scan = this.#scans++;
    const seen = new Map<bigint, Seen[]>();
    let begun: number | null = null;
    try {
      for await (const entry of this.#wal.region(region).scan({ chunkBytes: 1024 })) {
        begun ??= this.#now();
        const entries = seen.get(entry.table) ?? [];
        entries.push(this.#seen(entry));
        seen.set(entry.table, entries);
      }
    } catch (error) {
      if (this.#isLost(error)) return;
      throw error;
    }
    const returned = this.#now();
    const times = { invoked, returned, begun: begun ?? returned };
    const bounds = { gte: 0n, lte: 2n ** 64n - 1n, limit: Number.POSITIVE_INFINITY };
    for (const { key, id } of targets) {
      const entries = (typeof id === 'string' ? undefined : seen.get(id.table)) ?? [];
      this.#note({ kind: 'read', table: key, ...bounds, entries, end: 'complete', scan, ...times });
    }
  }

  /** Trims somewhere in the table. */
  async trim({ key, id }: Target): Promise<void> {
    const table = this.#wal.table(id);
    const size = await this.#size(table);
    const first = await table.firstSequence().catch(() => 0n);
    const upTo = first + BigInt(this.#random.below(Number(size) + 2));
    const invoked = this.#now();
    this.#note({ kind: 'trim', table: key, upTo, result: 'unknown', invoked, returned: NEVER }, false);
    const result = await table.trim(upTo).catch((error: unknown) => {
      if (this.#isLost(error)) return 'unknown' as const;
      throw error;
    });
    this.#note({ kind: 'trim', table: key, upTo, result, invoked, returned: this.#now() });
  }

  /** Asks for the first or the last sequence. */
  async end({ key, id }: Target): Promise<void> {
    const table = this.#wal.table(id);
    const kind: EndOp['kind'] = this.#random.of(['first', 'last']);
    const invoked = this.#now();
    try {
      const value = await (kind === 'first' ? table.firstSequence() : table.lastSequence());
      this.#note({ kind, table: key, value, invoked, returned: this.#now() });
    } catch (error) {
      if (!this.#isLost(error)) throw error;
    }
  }

  /** Entries that the table has about now. */
  async #size(table: Table): Promise<bigint> {
    const [first, last] = await Promise.all([table.firstSequence(), table.lastSequence()]).catch(() => [
      1n,
      0n,
    ]);
    return last > first ? last - first + 1n : 0n;
  }

  /** Its serial number, and bytes that follow from it. */
  #payload(serial: number): Uint8Array {
    const payload = payloadOf(serial, 4 + ((serial * 7) % (serial % 50 === 0 ? 3000 : 60)));
    new DataView(payload.buffer).setUint32(0, serial);
    return payload;
  }

  #seen({ sequence, payload }: { readonly sequence: bigint; readonly payload: Uint8Array }): Seen {
    const { buffer, byteOffset, length } = payload;
    const serial = length < 4 ? -1 : new DataView(buffer, byteOffset, length).getUint32(0);
    const isMine = this.#source !== null || serial < this.#serial;
    const intact = serial >= 0 && isMine && Buffer.compare(payload, this.#payload(serial)) === 0;
    // No append has this number, so that a payload that is damaged is one that nobody submitted.
    return { sequence, serial: intact ? serial : -1 };
  }

  /** Whether it says no more than that somebody has ended who was to do it. */
  #isLost(error: unknown): boolean {
    const code = this.#codeOf(error);
    return (code === 'SHALE_OUTCOME_UNKNOWN' && this.#mayLoseThreads) || this.#hasLostOwner(error);
  }

  /** Whether it was not done, since the owner of a log that was joined has ended. */
  #hasLostOwner(error: unknown): boolean {
    return this.#codeOf(error) === 'SHALE_CLOSED' && this.#wal.state === 'open';
  }

  #codeOf(error: unknown): string {
    return error instanceof WalError ? error.code : '';
  }
}

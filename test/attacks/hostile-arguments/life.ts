import {
  openWal,
  type PayloadCodec,
  type Table,
  type Wal,
  type WalOptions,
  type WriteOptions,
} from '@shale/engine';
import { restoreBackup } from '@shale/engine/admin';
import { engineOf } from '#internals/engine';
import type { Random } from '../../support/random.js';
import { within } from '../parts/within.js';
import { codeOf, Ledger, type Settle } from './ledger.js';
import {
  badArray,
  badOptions,
  badPayload,
  busyArray,
  detach,
  goodPayload,
  type Mischief,
  nonsense,
  type Passed,
} from './values.js';

/** Calls that may be unanswered at a time. */
const UNANSWERED = 64;
const APPEND_OPTIONS = ['durability', 'expect', 'signal'];
const WRITE_OPTIONS = ['durability', 'signal'];
const ROCKSDB_OPTIONS = ['writeBufferSize', 'memtable', 'paranoidChecks'];
/** What may refuse a call whose arguments are good. */
const EXCUSES = new Set(['SHALE_OVERLOADED', 'SHALE_TOO_LARGE', 'SHALE_CLOSED']);
/** What refuses one whose arguments are not. */
const REFUSALS = new Set(['SHALE_PAYLOAD', 'SHALE_INVALID_ARGUMENT', 'SHALE_TOO_LARGE']);
/** What may end a read whose arguments are good. */
const READ_ENDS = new Set(['SHALE_TRIMMED', 'SHALE_CLOSED']);
/** A sequence that no table here gets to. */
const FAR = 2n ** 63n;

interface Target {
  readonly key: string;
  readonly ledger: Ledger;
}

/** What goes to one table in one call. */
interface Part {
  readonly ledger: Ledger;
  readonly passed: readonly Passed<unknown>[];
}

/** Options of a call, and what gives it up. */
interface How {
  readonly options: WriteOptions | undefined;
  readonly isGood: boolean;
  readonly giveUp: () => void;
}

/** How an append is passed, and what must come of it. */
interface Appending {
  readonly what: string;
  readonly parts: readonly Part[];
  readonly isGood: boolean;
  /** Whether it may be refused all the same, since it changes while it is read. */
  readonly mayRefuse?: boolean;
  /** Calls, and resolves with the first sequence of each part. */
  readonly call: () => Promise<readonly bigint[]>;
  readonly afterwards?: () => void;
}

const IDS = [
  { key: '1/1', id: { region: 1n, table: 1n } },
  { key: '1/2', id: { region: 1n, table: 2n } },
  { key: '1/3', id: { region: 1n, table: 3n } },
  { key: 'a', id: 'a' },
  { key: 'b', id: 'b' },
  { key: 'c', id: 'c' },
] as const;

/** One WAL from opening to closing: good traffic and hostile calls side by side, and a model that is asked afterwards. */
export class Life {
  readonly #directory: string;
  readonly #random: Random;
  readonly #ledgers: ReadonlyMap<string, Ledger>;
  readonly #unanswered = new Set<Promise<void>>();
  #failure: Error | null = null;
  #depth = 0;
  calls = 0;
  refused = 0;
  /** What was done of what is easily never done. */
  readonly done = { trims: 0, drops: 0, writes: 0 };

  constructor(directory: string, random: Random, ledgers: ReadonlyMap<string, Ledger>) {
    this.#directory = directory;
    this.#random = random;
    this.#ledgers = ledgers;
  }

  /** A fresh model of the tables, which lives as long as the directory. */
  static ledgers(): ReadonlyMap<string, Ledger> {
    return new Map(IDS.map(({ key }) => [key, new Ledger()]));
  }

  async run(steps: number): Promise<void> {
    const random = this.#random;
    const wal = await within('opening', openWal(this.#directory, this.#options()));
    for (let step = 0; step < steps && this.#failure === null; step++) {
      this.#step(wal);
      if (random.once(4)) await new Promise((resolve) => setImmediate(resolve));
      while (this.#unanswered.size >= UNANSWERED) await within('an answer', Promise.race(this.#unanswered));
    }
    await within('the answers', Promise.all(this.#unanswered));
    if (this.#failure !== null) throw this.#failure;
    const { flow } = engineOf(wal);
    const { inFlightBytes, queuedBytes, waiting } = flow;
    if (inFlightBytes !== 0 || queuedBytes !== 0 || waiting !== 0) {
      throw new Error(`left booked: ${inFlightBytes} in flight, ${queuedBytes} queued in ${waiting} appends`);
    }
    for (const { key, ledger, table } of this.#tables(wal)) {
      await within('a good append', this.#good(table, ledger));
      await within('comparing', ledger.compare(key, table));
    }
    await within('closing', wal.close());
  }

  /** Closes with calls under way, one of them out of the middle of a codec. */
  async end(): Promise<void> {
    const wal = await within('opening', openWal(this.#directory, this.#options()));
    for (let i = 0; i < 50; i++) this.#step(wal);
    const codec = this.#codec(() => void wal.close());
    await within('an append that closes', refusalOf(wal.table('closing', { codec }).appendBatch([1, 2, 3])));
    await within('closing', wal.close());
    await within('the answers', Promise.all(this.#unanswered));
    if (this.#failure !== null) throw this.#failure;
    await using again = await within('opening again', openWal(this.#directory, { shards: 1 }));
    for (const { key, ledger, table } of this.#tables(again)) {
      await within('comparing', ledger.compare(key, table));
    }
  }

  #options(): WalOptions {
    const random = this.#random;
    return {
      shards: 1 + random.below(3),
      durability: 'os',
      frameBytes: 16 * 1024,
      maxInFlightBytes: random.of([64 * 1024, 1024 * 1024]),
      maxQueuedBytes: random.of([0, 4096, 256 * 1024]),
      maxQueuedAppends: random.of([0, 10, 1000]),
      rocksdb: { memtable: random.of(['log', 'skiplist']) },
    };
  }

  #tables(wal: Wal): (Target & { readonly table: Table })[] {
    return IDS.map(({ key, id }) => {
      const ledger = this.#ledgers.get(key);
      if (ledger === undefined) throw new Error(`${key} has no ledger`);
      return { key, ledger, table: wal.table(id) };
    });
  }

  #target(wal: Wal): Target & { readonly table: Table } {
    const tables = this.#tables(wal);
    const target = tables[this.#random.below(tables.length)];
    if (target === undefined) throw new Error('there is no table');
    return target;
  }

  /** Makes one call. It is not waited for, and nothing that goes wrong with it is thrown. */
  #step(wal: Wal): void {
    const random = this.#random;
    this.calls++;
    const call = random.of([
      () => this.#append(wal),
      () => this.#append(wal),
      () => this.#batch(wal),
      () => this.#batch(wal),
      () => this.#encoded(wal),
      () => this.#write(wal),
      () => this.#write(wal),
      () => this.#ready(wal),
      () => this.#trim(wal),
      () => (random.once(3) ? this.#drop(wal) : this.#read(wal)),
      () => this.#stray(wal),
      () => this.#stray(wal),
    ]);
    const answered = (async () => await call())().then(
      () => undefined,
      (error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      },
    );
    this.#unanswered.add(answered);
    void answered.then(() => this.#unanswered.delete(answered));
  }

  /** Something that happens in the middle of reading arguments. */
  #mischief(wal: Wal, payloads: readonly unknown[]): Mischief {
    return () => {
      if (this.#depth > 2) return;
      this.#depth++;
      try {
        const payload = payloads[this.#random.below(payloads.length)];
        this.#random.of<() => void>([
          () => this.#step(wal),
          () => this.#step(wal),
          () => payload instanceof Uint8Array && detach(payload),
        ])();
      } finally {
        this.#depth--;
      }
    };
  }

  async #good(table: Table, ledger: Ledger): Promise<void> {
    const payload = Buffer.from('good');
    const appended = table.append(payload);
    const settle = ledger.append([payload]);
    settle(await appended);
  }

  #payloads(most: number): Passed<unknown>[] {
    const random = this.#random;
    const payloads: Passed<unknown>[] = Array.from({ length: random.below(most) + 1 }, () =>
      goodPayload(random, random.once(20) ? 30_000 : 200),
    );
    if (random.once(3)) payloads[random.below(payloads.length)] = badPayload(random);
    return payloads;
  }

  /** Options of an append that are good, if they are, and what gives up the call. */
  #appendOptions(): How {
    return this.#how(APPEND_OPTIONS);
  }

  /** The same of a trim or drop. */
  #writeOptions(): How {
    return this.#how(WRITE_OPTIONS);
  }

  #how(known: readonly string[]): How {
    const random = this.#random;
    if (random.once(6)) {
      return { options: badOptions(random, known) as WriteOptions, isGood: false, giveUp: () => {} };
    }
    if (random.once(4)) {
      const controller = new AbortController();
      if (random.once(3)) controller.abort(new Error('given up'));
      const giveUp = () => controller.abort(new Error('given up'));
      return {
        options: { signal: controller.signal },
        isGood: true,
        giveUp: random.once(2) ? giveUp : () => {},
      };
    }
    return { options: random.once(2) ? undefined : { durability: 'os' }, isGood: true, giveUp: () => {} };
  }

  /** Appends, takes everything back that was passed, and holds the answer against what must come of it. */
  async #check({ what, parts, isGood, mayRefuse = false, call, afterwards }: Appending): Promise<void> {
    const passed = parts.flatMap((part) => part.passed);
    const mustRefuse = !isGood || passed.some(({ bytes }) => bytes === null);
    const answer = call();
    // By now it is in its place among all that is asked of its tables.
    const settles = parts.map((part) =>
      part.ledger.append(part.passed.map(({ bytes }) => bytes ?? new Uint8Array(0))),
    );
    // The buffers are the caller's again.
    for (const { value } of passed) {
      try {
        const array = value as Uint8Array;
        Uint8Array.prototype.fill.call(array, 0xee);
        if (this.#random.once(2)) detach(array);
      } catch {
        // It was detached already, or is none.
      }
    }
    afterwards?.();
    let firsts: readonly bigint[];
    try {
      firsts = await answer;
    } catch (error) {
      for (const settle of settles) settle(null);
      this.refused++;
      if (isExcused(error)) return;
      const code = codeOf(error);
      if ((mustRefuse || mayRefuse) && REFUSALS.has(code)) return;
      if (!isGood && code === 'SHALE_SEQUENCE_MISMATCH') return;
      throw new Error(`${what} was refused as ${code} and is good`, { cause: error });
    }
    if (mustRefuse) throw new Error(`${what} was taken, and must be refused`);
    for (const [i, settle] of settles.entries()) settle(firsts[i] ?? 0n);
    if (parts.length > 1) this.done.writes++;
  }

  async #append(wal: Wal): Promise<void> {
    const { table, ledger } = this.#target(wal);
    const random = this.#random;
    const payload: Passed<unknown> = random.once(3) ? badPayload(random) : goodPayload(random, 300);
    const { options, isGood, giveUp } = this.#appendOptions();
    await this.#check({
      what: 'an append',
      parts: [{ ledger, passed: [payload] }],
      isGood,
      call: async () => [await table.append(payload.value as Uint8Array, options)],
      afterwards: giveUp,
    });
  }

  async #batch(wal: Wal): Promise<void> {
    const { table, ledger } = this.#target(wal);
    const random = this.#random;
    const passed = this.#payloads(8);
    const values = passed.map(({ value }) => value);
    const { options, isGood, giveUp } = this.#appendOptions();
    const kind = random.below(4);
    const array =
      kind === 0
        ? badArray(random, values)
        : kind === 1
          ? busyArray(random, values, this.#mischief(wal, values))
          : values;
    await this.#check({
      what: 'a batch',
      parts: [{ ledger, passed }],
      isGood: isGood && kind !== 0,
      mayRefuse: kind === 1,
      call: async () => [(await table.appendBatch(array as Uint8Array[], options)).first],
      afterwards: giveUp,
    });
  }

  /** A codec that encodes into a scratch buffer, and does anything at the n-th value. */
  #codec(atThird: () => unknown): PayloadCodec<number> {
    const scratch = new Uint8Array(16);
    return {
      name: 'scratch',
      encode: (value) => {
        const given = value === 3 ? atThird() : undefined;
        // What it returns is its own affair: that is the attack.
        return given === undefined ? scratch.fill(value) : (given as Uint8Array);
      },
      decode: (payload) => payload[0] ?? 0,
    };
  }

  async #encoded(wal: Wal): Promise<void> {
    const { key, ledger } = this.#target(wal);
    const random = this.#random;
    const kind = random.below(4);
    const misdeed: Mischief = this.#mischief(wal, [0]);
    const codec = this.#codec(() => {
      if (kind === 0) throw nonsense(random);
      if (kind === 1) return badPayload(random).value ?? null;
      misdeed();
      return undefined;
    });
    const { id } = IDS.find((each) => each.key === key) ?? IDS[0];
    const table = wal.table(id, { codec });
    const values = [1, 2, 3, 4];
    const passed = values.map((value) => ({ value, bytes: Buffer.alloc(16, value) }));
    await this.#check({
      what: 'an encoded batch',
      parts: [{ ledger, passed }],
      isGood: kind > 1,
      call: async () => [(await table.appendBatch(values)).first],
    });
  }

  async #write(wal: Wal): Promise<void> {
    const random = this.#random;
    const parts = Array.from({ length: 1 + random.below(4) }, () => {
      const { table, ledger } = this.#target(wal);
      return { table, ledger, passed: this.#payloads(3) };
    });
    const passed = parts.flatMap((part) => part.passed);
    const { options, isGood, giveUp } = this.#appendOptions();
    const kind = random.below(7);
    const given: unknown[] = parts.map((part) => ({
      table: part.table,
      payloads: part.passed.map(({ value }) => value),
    }));
    const at = random.below(given.length);
    if (kind === 0) given[at] = nonsense(random);
    if (kind === 1) given[0] = { table: nonsense(random), payloads: [] };
    if (kind === 2) given[0] = { ...Object(given[0]), expec: 1n };
    if (kind === 3) given[at] = { ...Object(given[at]), expect: FAR };
    if (kind === 4) this.#expectNext(given, parts);
    const array =
      kind === 5
        ? busyArray(
            random,
            given,
            this.#mischief(
              wal,
              passed.map(({ value }) => value),
            ),
          )
        : given;
    await this.#check({
      what: `a write${kind === 4 ? ' with sequences that are expected' : ''}`,
      parts,
      isGood: isGood && kind > 3,
      mayRefuse: kind === 5,
      call: async () => {
        const results: readonly { readonly first: bigint }[] = await wal.write(
          array as never,
          options as never,
        );
        return results.map(({ first }) => first);
      },
      afterwards: giveUp,
    });
  }

  /** Has the parts of a write expect the sequences that they will get, where that is known. */
  #expectNext(given: unknown[], parts: readonly Part[]): void {
    const expected = new Map<Ledger, bigint>();
    for (const [i, { ledger, passed }] of parts.entries()) {
      const expect = expected.get(ledger) ?? ledger.next;
      if (expect === null) continue;
      given[i] = { ...Object(given[i]), expect };
      expected.set(ledger, expect + BigInt(passed.length));
    }
  }

  async #ready(wal: Wal): Promise<void> {
    const random = this.#random;
    const { table, ledger } = this.#target(wal);
    const payload = goodPayload(random, 2000);
    const bytes = random.once(4) ? nonsense(random) : (payload.bytes?.length ?? 0);
    const options = random.once(4) ? badOptions(random, ['bytes', 'signal']) : { bytes };
    try {
      await wal.ready(options as never);
    } catch (error) {
      if (!REFUSALS.has(codeOf(error)) && codeOf(error) !== 'SHALE_CLOSED') throw error;
      return;
    }
    await this.#check({
      what: 'an append that was waited for',
      parts: [{ ledger, passed: [payload] }],
      isGood: true,
      call: async () => [await table.append(payload.value)],
    });
  }

  async #trim(wal: Wal): Promise<void> {
    const random = this.#random;
    const { table, ledger } = this.#target(wal);
    const upTo = random.once(2) ? nonsense(random) : BigInt(random.below(100));
    const { options, isGood, giveUp } = this.#writeOptions();
    const answer = table.trim(upTo as bigint, options);
    await this.#checkRemoval('trims', answer, {
      settle: ledger.trim(typeof upTo === 'bigint' ? upTo : 0n),
      isGood: isGood && typeof upTo === 'bigint' && upTo >= 0n && upTo < 2n ** 64n,
      giveUp,
    });
  }

  async #drop(wal: Wal): Promise<void> {
    const { table, ledger } = this.#target(wal);
    const { options, isGood, giveUp } = this.#writeOptions();
    const answer = table.drop(options).then((): true => true);
    await this.#checkRemoval('drops', answer, { settle: ledger.drop(), isGood, giveUp });
  }

  /** Holds what came of a trim or drop against what must come of it. */
  async #checkRemoval<R>(
    kind: 'trims' | 'drops',
    answer: Promise<R>,
    {
      settle,
      isGood,
      giveUp,
    }: { readonly settle: Settle<R>; readonly isGood: boolean; readonly giveUp: () => void },
  ): Promise<void> {
    giveUp();
    let result: R;
    try {
      result = await answer;
    } catch (error) {
      settle(null);
      this.refused++;
      if (isExcused(error)) return;
      const code = codeOf(error);
      if (!isGood && REFUSALS.has(code)) return;
      const what = isGood ? 'that are good' : 'that are not';
      throw new Error(`of ${kind} ${what} one was refused as ${code}`, { cause: error });
    }
    if (!isGood) throw new Error(`of ${kind} that must be refused one was taken`);
    settle(result);
    this.done[kind]++;
  }

  /** Reads a table while all else goes on: whatever comes is consecutive. */
  async #read(wal: Wal): Promise<void> {
    const { key, table } = this.#target(wal);
    let last: bigint | null = null;
    try {
      for await (const { sequence } of table.read()) {
        if (last !== null && sequence !== last + 1n) throw new Error(`${key}: ${sequence} follows ${last}`);
        last = sequence;
      }
    } catch (error) {
      if (!READ_ENDS.has(codeOf(error))) throw error;
    }
  }

  /** Anything to any other method: what is refused is refused with a code, and nothing else happens. */
  async #stray(wal: Wal): Promise<void> {
    const random = this.#random;
    const table: Table = this.#target(wal).table;
    const any = () => nonsense(random) as never;
    const reserved = { region: 0n, table: 2n ** 63n + BigInt(random.below(3)) };
    const call = random.of<() => unknown>([
      () => wal.table(any()),
      () => wal.table(any(), any()),
      () => wal.table('t', { codec: any() }),
      () => wal.table({ region: any(), table: any() }),
      () => wal.region(any()),
      () => wal.region(1n).scan(badOptions(random, ['signal', 'chunkBytes']) as never),
      () => table.read(any()),
      () => table.read(badOptions(random, ['gte', 'limit']) as never),
      () => table.read({}, badOptions(random, ['signal', 'chunkBytes']) as never),
      () => wal.table(reserved).append(Buffer.from('x')),
      () => wal.table(reserved).appendBatch([]),
      () => wal.table(reserved).trim(1n),
      () => wal.table(reserved).drop(),
      () => wal.write([{ table: wal.table(reserved), payloads: [] }]),
      () => wal.checkpoint(5 as never),
      () => wal.backup(null as never),
      () => wal.backup(`${this.#directory}-backup`, badOptions(random, ['keep']) as never),
      () => restoreBackup(this.#directory, `${this.#directory}-new`, badOptions(random, ['id']) as never),
      () => openWal(5 as never),
      () => openWal(this.#directory, badOptions(random, ['shards', 'durability']) as never),
      () => openWal(this.#directory, { shards: any() }),
      () => openWal(this.#directory, { rocksdb: any() }),
      () => openWal(this.#directory, { rocksdb: badOptions(random, ROCKSDB_OPTIONS) as never }),
      () => Reflect.apply(wal.sync, wal, [any()]),
    ]);
    try {
      await call();
    } catch (error) {
      isRefusal(error);
    }
    await wal.stats().catch(isRefusal);
  }
}

/** Whether what came of a good call is the caller's own doing, or that of the WAL's bounds. */
function isExcused(error: unknown): boolean {
  return (error instanceof Error && error.message === 'given up') || EXCUSES.has(codeOf(error));
}

/** Passes over what an argument or a closed WAL is refused with. */
function isRefusal(error: unknown): void {
  const code = codeOf(error);
  if (REFUSALS.has(code) || code === 'SHALE_CLOSED' || code === 'SHALE_LOCKED') return;
  throw new Error(`a call was refused as ${code}`, { cause: error });
}

/** What a call is refused with. */
async function refusalOf(call: Promise<unknown>): Promise<void> {
  await call.then(() => {
    throw new Error('a call was taken, and must be refused');
  }, isRefusal);
}

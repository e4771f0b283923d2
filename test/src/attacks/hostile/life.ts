import {
  type AppendOptions,
  openWal,
  type PayloadCodec,
  type Table,
  type Wal,
  type WalOptions,
} from '@shale/engine';
import { engineOf } from '../../../../packages/engine/dist/internals.js';
import type { Random } from '../../random.js';
import { within } from '../within.js';
import { codeOf, Ledger } from './ledger.js';
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
/** What may refuse a call whose arguments are good. */
const EXCUSES = new Set(['SHALE_OVERLOADED', 'SHALE_TOO_LARGE', 'SHALE_CROSS_SHARD']);
/** What refuses one whose arguments are not. */
const REFUSALS = new Set(['SHALE_PAYLOAD', 'SHALE_INVALID_ARGUMENT', 'SHALE_TOO_LARGE']);

interface Target {
  readonly key: string;
  readonly ledger: Ledger;
}

const IDS = [
  { key: '1/1', id: { region: 1n, table: 1n } },
  { key: '1/2', id: { region: 1n, table: 2n } },
  { key: 'a', id: 'a' },
  { key: 'b', id: 'b' },
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
      shards: 1 + random.below(2),
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
    ledger.acknowledged(await table.append(payload), [payload]);
  }

  #payloads(most: number): Passed<unknown>[] {
    const random = this.#random;
    const payloads: Passed<unknown>[] = Array.from({ length: random.below(most) + 1 }, () =>
      goodPayload(random, random.once(20) ? 30_000 : 200),
    );
    if (random.once(3)) payloads[random.below(payloads.length)] = badPayload(random);
    return payloads;
  }

  /** Options that are good, if they are, and what gives up the call. */
  #appendOptions(): { options: AppendOptions | undefined; isGood: boolean; giveUp: () => void } {
    const random = this.#random;
    if (random.once(6)) {
      return {
        options: badOptions(random, APPEND_OPTIONS) as AppendOptions,
        isGood: false,
        giveUp: () => {},
      };
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

  /** Calls, takes everything back that was passed, and holds the answer against what must come of it. */
  async #check(
    what: string,
    passed: readonly Passed<unknown>[],
    isGood: boolean,
    mayRefuse: boolean,
    call: () => Promise<
      readonly { readonly first: bigint; readonly ledger: Ledger; readonly count: number }[]
    >,
    afterwards: () => void = () => {},
  ): Promise<void> {
    const mustRefuse = !isGood || passed.some(({ bytes }) => bytes === null);
    const answer = call();
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
    afterwards();
    let spans: Awaited<typeof answer>;
    try {
      spans = await answer;
    } catch (error) {
      this.refused++;
      if (error instanceof Error && error.message === 'given up') return;
      const code = codeOf(error);
      if (mustRefuse ? REFUSALS.has(code) || EXCUSES.has(code) || code === 'SHALE_CLOSED' : false) return;
      if (EXCUSES.has(code) || code === 'SHALE_CLOSED' || (mayRefuse && REFUSALS.has(code))) return;
      throw new Error(`${what} was refused as ${code} and is good`, { cause: error });
    }
    if (mustRefuse) throw new Error(`${what} was taken, and must be refused`);
    let at = 0;
    for (const { first, ledger, count } of spans) {
      ledger.acknowledged(
        first,
        passed.slice(at, at + count).map(({ bytes }) => bytes ?? new Uint8Array(0)),
      );
      at += count;
    }
  }

  async #append(wal: Wal): Promise<void> {
    const { table, ledger } = this.#target(wal);
    const random = this.#random;
    const payload: Passed<unknown> = random.once(3) ? badPayload(random) : goodPayload(random, 300);
    const { options, isGood, giveUp } = this.#appendOptions();
    await this.#check(
      'an append',
      [payload],
      isGood,
      false,
      async () => [{ first: await table.append(payload.value as Uint8Array, options), ledger, count: 1 }],
      giveUp,
    );
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
    await this.#check(
      'a batch',
      passed,
      isGood && kind !== 0,
      kind === 1,
      async () => {
        const { first } = await table.appendBatch(array as Uint8Array[], options);
        return [{ first, ledger, count: passed.length }];
      },
      giveUp,
    );
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
    await this.#check('an encoded batch', passed, kind > 1, false, async () => {
      const { first } = await table.appendBatch(values);
      return [{ first, ledger, count: values.length }];
    });
  }

  async #write(wal: Wal): Promise<void> {
    const random = this.#random;
    const parts = Array.from({ length: 1 + random.below(3) }, () => ({
      target: this.#target(wal),
      passed: this.#payloads(3),
    }));
    const passed = parts.flatMap((part) => part.passed);
    const { options, isGood, giveUp } = this.#appendOptions();
    const kind = random.below(5);
    const given: unknown[] = parts.map((part) => ({
      table: part.target.table,
      payloads: part.passed.map(({ value }) => value),
    }));
    if (kind === 0) given[random.below(given.length)] = nonsense(random);
    if (kind === 1) given[0] = { table: nonsense(random), payloads: [] };
    if (kind === 2) given[0] = { ...Object(given[0]), expec: 1n };
    const isUnusual = options !== undefined && 'durability' in Object(isGood ? options : {});
    const array =
      kind === 3
        ? busyArray(
            random,
            given,
            this.#mischief(
              wal,
              passed.map(({ value }) => value),
            ),
          )
        : given;
    await this.#check(
      `a write${isUnusual ? ' with options' : ''}`,
      passed,
      isGood && kind > 2,
      kind === 3,
      async () => {
        const results = await wal.write(array as never, options as never);
        const spans: readonly { readonly first: bigint }[] = results as never;
        return parts.map((part, i) => ({
          first: spans[i]?.first ?? 0n,
          ledger: part.target.ledger,
          count: part.passed.length,
        }));
      },
      giveUp,
    );
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
    const passed = payload.value;
    await this.#check('an append that was waited for', [payload], true, false, async () => [
      { first: await table.append(passed), ledger, count: 1 },
    ]);
  }

  async #trim(wal: Wal): Promise<void> {
    const random = this.#random;
    const { table, ledger } = this.#target(wal);
    const isGood = random.once(2);
    const upTo = isGood ? BigInt(random.below(50)) : nonsense(random);
    if (isGood) ledger.trimmed(upTo as bigint);
    const options = random.once(3) ? badOptions(random, ['durability']) : undefined;
    await table.trim(upTo as bigint, options as never).then(() => {
      if (!isGood || options !== undefined) throw new Error('a trim was taken, and must be refused');
    }, isRefusal);
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
      () => wal.backup(`${this.#directory}-backup`, { keeep: 1 } as never),
      () => openWal(5 as never),
      () => openWal(this.#directory, badOptions(random, ['shards', 'durability']) as never),
      () => openWal(this.#directory, { shards: any() }),
    ]);
    try {
      await call();
    } catch (error) {
      isRefusal(error);
    }
    await wal.stats().catch(isRefusal);
  }
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

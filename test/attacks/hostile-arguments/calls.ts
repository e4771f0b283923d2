import {
  type Entry,
  type Follow,
  type FollowChunk,
  openWal,
  type PayloadCodec,
  type Table,
  type Wal,
  type WriteOptions,
} from '@shale/engine';
import { restoreBackup } from '@shale/engine/admin';
import type { Random } from '../../support/random.js';
import { within } from '../parts/within.js';
import type { Checks, Part } from './checks.js';
import { codeOf, type Ledger } from './ledger.js';
import { passRefusal, READ_ENDS, REFUSALS } from './refusals.js';
import type { Tables } from './tables.js';
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
const FOLLOW_OPTIONS = ['from', 'visibility', 'syncWithinMs', 'onTrimmed', 'strict', 'signal'] as const;
const READ_OPTIONS = ['signal', 'chunkBytes', 'chunkEntries', 'strict'];
/** How long something is waited for that may never come. Milliseconds. */
const GIVEN_UP_AFTER = 20;
const ROCKSDB_OPTIONS = ['writeBufferSize', 'memtable', 'paranoidChecks'];
/** A sequence that no table here gets to. */
const FAR = 2n ** 63n;

/** Options of a call, and what gives it up. */
interface How {
  readonly options: WriteOptions | undefined;
  readonly isGood: boolean;
  readonly giveUp: () => void;
}

/** Makes calls of all kinds on one WAL, good ones and hostile ones. */
export class Calls {
  readonly #directory: string;
  readonly #random: Random;
  readonly #tables: Tables;
  readonly #checks: Checks;
  readonly #unanswered = new Set<Promise<void>>();
  #failure: Error | null = null;
  #depth = 0;
  #count = 0;

  constructor(directory: string, random: Random, tables: Tables, checks: Checks) {
    this.#directory = directory;
    this.#random = random;
    this.#tables = tables;
    this.#checks = checks;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** Whether something has gone wrong: see `answered`. */
  get haveFailed(): boolean {
    return this.#failure !== null;
  }

  /** Resolves when another call may be made. */
  async room(): Promise<void> {
    while (this.#unanswered.size >= UNANSWERED) await within('an answer', Promise.race(this.#unanswered));
  }

  /** Resolves when all are answered. Rejects with what went wrong first. */
  async answered(): Promise<void> {
    await within('the answers', Promise.all(this.#unanswered));
    if (this.#failure !== null) throw this.#failure;
  }

  /** Makes one call. It is not waited for, and nothing that goes wrong with it is thrown. */
  make(wal: Wal): void {
    const random = this.#random;
    this.#count++;
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
      () => this.#consume(wal),
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
        this.#random.of<() => void>([() => this.make(wal), () => this.make(wal), () => detach(payload)])();
      } finally {
        this.#depth--;
      }
    };
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

  async #append(wal: Wal): Promise<void> {
    const { table, ledger } = this.#tables.pick(wal, this.#random);
    const random = this.#random;
    const payload: Passed<unknown> = random.once(3) ? badPayload(random) : goodPayload(random, 300);
    const { options, isGood, giveUp } = this.#appendOptions();
    await this.#checks.append({
      what: 'an append',
      parts: [{ ledger, passed: [payload] }],
      isGood,
      call: async () => [await table.append(payload.value as Uint8Array, options)],
      afterwards: giveUp,
    });
  }

  async #batch(wal: Wal): Promise<void> {
    const { table, ledger } = this.#tables.pick(wal, this.#random);
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
    await this.#checks.append({
      what: 'a batch',
      parts: [{ ledger, passed }],
      isGood: isGood && kind !== 0,
      mayRefuse: kind === 1,
      call: async () => [(await table.appendBatch(array as Uint8Array[], options)).first],
      afterwards: giveUp,
    });
  }

  async #encoded(wal: Wal): Promise<void> {
    const { id, ledger } = this.#tables.pick(wal, this.#random);
    const random = this.#random;
    const kind = random.below(4);
    const misdeed: Mischief = this.#mischief(wal, [0]);
    const codec = scratchCodec(() => {
      if (kind === 0) throw nonsense(random);
      if (kind === 1) return badPayload(random).value ?? null;
      misdeed();
      return undefined;
    });
    const table = wal.table(id, { codec });
    const values = [1, 2, 3, 4];
    const passed = values.map((value) => ({ value, bytes: Buffer.alloc(16, value) }));
    await this.#checks.append({
      what: 'an encoded batch',
      parts: [{ ledger, passed }],
      isGood: kind > 1,
      call: async () => [(await table.appendBatch(values)).first],
    });
  }

  async #write(wal: Wal): Promise<void> {
    const random = this.#random;
    const parts = Array.from({ length: 1 + random.below(4) }, () => {
      const { table, ledger } = this.#tables.pick(wal, this.#random);
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
    await this.#checks.append({
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
    const { table, ledger } = this.#tables.pick(wal, this.#random);
    const payload = goodPayload(random, 2000);
    const bytes = random.once(4) ? nonsense(random) : (payload.bytes?.length ?? 0);
    const options = random.once(4) ? badOptions(random, ['bytes', 'signal']) : { bytes };
    try {
      await wal.ready(options as never);
    } catch (error) {
      if (!REFUSALS.has(codeOf(error)) && codeOf(error) !== 'SHALE_CLOSED') throw error;
      return;
    }
    await this.#checks.append({
      what: 'an append that was waited for',
      parts: [{ ledger, passed: [payload] }],
      isGood: true,
      call: async () => [await table.append(payload.value as Uint8Array)],
    });
  }

  async #trim(wal: Wal): Promise<void> {
    const random = this.#random;
    const { table, ledger } = this.#tables.pick(wal, this.#random);
    const upTo = random.once(2) ? nonsense(random) : BigInt(random.below(100));
    const { options, isGood, giveUp } = this.#writeOptions();
    const answer = table.trim(upTo as bigint, options);
    await this.#checks.removal('trims', answer, {
      settle: ledger.trim(isSequence(upTo) ? BigInt(upTo) : 0n),
      isGood: isGood && isSequence(upTo),
      giveUp,
    });
  }

  async #drop(wal: Wal): Promise<void> {
    const { table, ledger } = this.#tables.pick(wal, this.#random);
    const { options, isGood, giveUp } = this.#writeOptions();
    const answer = table.drop(options).then((): true => true);
    await this.#checks.removal('drops', answer, { settle: ledger.drop(), isGood, giveUp });
  }

  /** Reads a table while all else goes on: whatever comes is consecutive. */
  async #read(wal: Wal): Promise<void> {
    const { key, table } = this.#tables.pick(wal, this.#random);
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

  /** The other ways to read, and to wait, beside all that goes on. */
  async #consume(wal: Wal): Promise<void> {
    const random = this.#random;
    const { table } = this.#tables.pick(wal, random);
    const controller = new AbortController();
    const { signal } = controller;
    const timer = setTimeout(() => controller.abort(new Error('given up')), random.below(GIVEN_UP_AFTER));
    const visibility = random.of<'durable' | 'acknowledged'>(['durable', 'acknowledged']);
    const how = { onTrimmed: 'skip', visibility, signal } as const;
    try {
      await random.of<() => Promise<void>>([
        () => isDense(table.follow(how).chunks()),
        () => isDense(wal.region(1n).follow(how).chunks()),
        () => isDense(wal.follow(how).chunks()),
        () => this.#backwards(table),
        () => this.#streamed(table),
        () => this.#one(table),
        () => table.durable(BigInt(random.below(200)), { signal }),
      ])();
    } catch (error) {
      if (error instanceof Error && error.message === 'given up') return;
      if (!READ_ENDS.has(codeOf(error))) throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #backwards(table: Table): Promise<void> {
    const limit = this.#random.below(20);
    let last: bigint | null = null;
    let count = 0;
    for await (const { sequence } of table.read({ reverse: true, limit })) {
      if (last !== null && sequence !== last - 1n) throw new Error(`${sequence} follows ${last} backwards`);
      last = sequence;
      count++;
    }
    if (count > limit) throw new Error(`${count} entries of at most ${limit}`);
  }

  async #streamed(table: Table): Promise<void> {
    const limit = this.#random.below(20);
    const stream = this.#random.once(2) ? table.readable({ limit }) : table.readableStream({ limit });
    let count = 0;
    for await (const _ of stream) count++;
    if (count > limit) throw new Error(`${count} entries of at most ${limit}`);
  }

  async #one(table: Table): Promise<void> {
    const sequence = BigInt(this.#random.below(100));
    const entry = await table.get(sequence);
    if (entry !== null && entry.sequence !== sequence) throw new Error(`${entry.sequence} for ${sequence}`);
  }

  /** A follow with options that may be good all the same: it is ended. */
  async #strayFollow(follow: () => Follow<Uint8Array, Entry>): Promise<void> {
    await using opened = follow();
    if (this.#random.once(2)) await opened.ready;
  }

  /** Good and bad payloads to a writer, whose table nothing else knows: what it took is in, and nothing else. */
  async #strayWriter(wal: Wal): Promise<void> {
    const random = this.#random;
    const table = wal.table({ region: 2n, table: 2n ** 40n + BigInt(this.#count) });
    const writer = table.writer({
      exclusive: random.once(2),
      bufferBytes: random.once(2) ? 1024 : undefined,
    });
    let taken = 0;
    for (let i = random.below(50); i > 0; i--) {
      try {
        const payload = random.once(4) ? badPayload(random) : goodPayload(random, 200);
        if (!writer.write(payload.value as Uint8Array)) await writer.ready();
        taken++;
      } catch (error) {
        passRefusal(error);
      }
    }
    await writer.close().catch(passRefusal);
    if (writer.submitted !== taken) throw new Error(`a writer took ${writer.submitted} of ${taken} entries`);
  }

  /** Anything to any other method: what is refused is refused with a code, and nothing else happens. */
  async #stray(wal: Wal): Promise<void> {
    const random = this.#random;
    const table: Table = this.#tables.pick(wal, this.#random).table;
    const any = () => nonsense(random) as never;
    const reserved = { region: 0n, table: 2n ** 63n + BigInt(random.below(3)) };
    const call = random.of<() => unknown>([
      () => wal.table(any()),
      () => wal.table(any(), any()),
      () => wal.table('t', { codec: any() }),
      () => wal.table({ region: any(), table: any() }),
      () => wal.region(any()),
      () => wal.region(1n).scan(badOptions(random, ['signal', 'chunkBytes']) as never),
      () => table.get(any()),
      () => table.read(any()),
      () => table.get(random.once(2) ? any() : -1n),
      () => table.read(badOptions(random, ['gte', 'limit', 'reverse']) as never),
      () => table.read({ reverse: any(), limit: any() }),
      () => table.read({}, badOptions(random, READ_OPTIONS) as never),
      () => this.#strayFollow(() => table.follow(any())),
      () => this.#strayFollow(() => table.follow(badOptions(random, FOLLOW_OPTIONS) as never)),
      () => this.#strayFollow(() => table.follow({ from: { after: any() } })),
      () => this.#strayFollow(() => table.follow({ [random.of(FOLLOW_OPTIONS)]: any() })),
      () => this.#strayFollow(() => wal.region(1n).follow({ [random.of(FOLLOW_OPTIONS)]: any() })),
      () => this.#strayFollow(() => wal.follow({ [random.of(FOLLOW_OPTIONS)]: any() })),
      () => table.durable(any(), { signal: AbortSignal.abort() }),
      () => table.durable(1n, badOptions(random, ['signal']) as never),
      () => table.durable(1n, { signal: any() }),
      () => Reflect.apply(wal.metrics, wal, [any()]),
      () => table.readable({}, badOptions(random, ['of', 'strict']) as never),
      () => table.readableStream(any(), any()),
      () => table.writer(badOptions(random, ['exclusive', 'bufferBytes', 'onProgress']) as never),
      () => table.writable(badOptions(random, ['durability', 'bufferByte']) as never),
      () => table.writableStream(any()),
      () => this.#strayWriter(wal),
      () => wal.table(reserved).writer(),
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
      () => openWal(this.#directory, { syncWithinMs: any() }),
      () => openWal(this.#directory, { rocksdb: any() }),
      () => openWal(this.#directory, { rocksdb: badOptions(random, ROCKSDB_OPTIONS) as never }),
      () => Reflect.apply(wal.sync, wal, [any()]),
    ]);
    try {
      await call();
    } catch (error) {
      passRefusal(error);
    }
    await wal.stats().catch(passRefusal);
  }
}

/** A codec that encodes into a scratch buffer, and does anything at the n-th value. */
export function scratchCodec(atThird: () => unknown): PayloadCodec<number> {
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

/** Takes some chunks of a follow: in each table what comes is consecutive, or a gap is told. */
async function isDense(chunks: AsyncIterable<FollowChunk>): Promise<void> {
  const next = new Map<string, bigint>();
  let count = 0;
  for await (const { table, gap, first, last, length } of chunks) {
    const key = `${table.region}/${table.table}`;
    const expected = next.get(key);
    const begins = gap?.expected ?? first;
    if (expected !== undefined && begins !== expected) {
      throw new Error(`${key}: ${begins} comes and not ${expected}`);
    }
    if (gap?.first === 0n) next.delete(key);
    else next.set(key, length === 0 ? first : last + 1n);
    if (++count === 20) return;
  }
}

function isSequence(value: unknown): value is bigint | number {
  if (typeof value === 'bigint') return value >= 0n && value < 2n ** 64n;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

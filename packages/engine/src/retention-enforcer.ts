import { type RecordTarget, type RetentionRecord, type TableId, tableKey } from '@shale/codec';
import type { HealthState } from './health.js';
import type { Shard } from './shard/shard.js';

/** What an enforcer needs of the WAL. */
export interface EnforcerContext {
  readonly shards: readonly Shard[];
  /** Trims a table in the ordinary way. */
  trim(id: TableId, upTo: bigint): Promise<void>;
  health(): HealthState;
  /** A number that changes whenever something is written. */
  activity(): number;
}

/** What one look at the tables of a shard may not be used for. */
interface Round {
  /** Tables of which something was done since that makes it void. */
  readonly tables: Set<string>;
  /** Whether that is so of all. */
  isVoid: boolean;
}

/** A shard is asked so often. */
const EVERY_MS = 1000;
/** While the log is written to, a shard's turns are so many times as far apart as they take. */
const REST = 30;
/** So many tables are trimmed at a time. */
const AT_ONCE = 64;

/**
 * Enforces what is retained: asks each shard, in short turns, which of its tables have more than that, and trims them as
 * a caller would. What a shard has found does not count for a table that is dropped, or in which a consumer goes back,
 * before it is trimmed, nor where a consumer came meanwhile: such tables are looked at again.
 */
export class RetentionEnforcer {
  readonly #context: EnforcerContext;
  readonly #rounds = new Set<Round>();
  /** Tables that something is done to which makes rounds void: how often. */
  readonly #suspects = new Map<string, number>();
  readonly #trims = new Set<Promise<unknown>>();
  /** Of each shard the tables to look at again. */
  readonly #again: TableId[][];
  readonly #looking: (Promise<void> | null)[];
  #timer: NodeJS.Timeout | null = null;
  #state: 'idle' | 'enforcing' | 'stopped' = 'idle';
  /** Changes of what is retained come one after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(context: EnforcerContext) {
    this.#context = context;
    this.#again = context.shards.map(() => []);
    this.#looking = context.shards.map(() => null);
  }

  /** Begins to enforce. Its timer never keeps the process running. */
  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'enforcing';
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    this.#timer.unref();
    this.#look();
  }

  /** Enforces nothing any more. */
  stop(): void {
    this.#state = 'stopped';
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Sets what is retained of tables, or removes that, and looks at all of them. */
  async change(target: RecordTarget, record: RetentionRecord | null): Promise<void> {
    const change = this.#changing.then(() => this.#change(target, record));
    this.#changing = change.catch(nothing);
    await change;
  }

  async #change(target: RecordTarget, record: RetentionRecord | null): Promise<void> {
    const [first] = this.#context.shards;
    // What was found by what was retained before does not count.
    for (const round of this.#rounds) round.isVoid = true;
    await first?.request<'retentionSet'>({ kind: 'retentionSet', target, record }, 'retry');
    await this.lookAtAll();
    this.start();
  }

  /** Something has happened that may let more of any table go. */
  async lookAtAll(): Promise<void> {
    const reload = (shard: Shard): Promise<unknown> =>
      shard.request<'retentionReload'>({ kind: 'retentionReload' }, 'insist');
    for (const round of this.#rounds) round.isVoid = true;
    await Promise.all(this.#context.shards.map(reload));
    this.#look();
  }

  /** Something is done to a table: what was found of it before, or is found until that is done, does not count. */
  suspect(id: TableId, until: Promise<unknown>): void {
    const key = tableKey(id);
    this.#suspects.set(key, (this.#suspects.get(key) ?? 0) + 1);
    for (const round of this.#rounds) round.tables.add(key);
    const settle = (): void => {
      const left = (this.#suspects.get(key) ?? 1) - 1;
      if (left === 0) this.#suspects.delete(key);
      else this.#suspects.set(key, left);
    };
    until.then(settle, settle);
  }

  /** A consumer has come: resolves when nothing is trimmed any more that was found before it was there. */
  async consumerCame(): Promise<void> {
    for (const round of this.#rounds) round.isVoid = true;
    await Promise.allSettled([...this.#trims]);
  }

  /** Lets the oldest entries go of tables that yield to the disk budget; whether any did. */
  async yieldOldest(): Promise<boolean> {
    const shards = this.#context.shards.map(async (shard) => {
      const round = this.#begin();
      try {
        const trims = await shard.request<'retentionYield'>({ kind: 'retentionYield' }, 'fail');
        await this.#trimAll(shard, round, trims);
        return trims.length > 0;
      } finally {
        this.#rounds.delete(round);
      }
    });
    const yielded = await Promise.allSettled(shards);
    return yielded.some((result) => result.status === 'fulfilled' && result.value);
  }

  #begin(): Round {
    const round: Round = { tables: new Set(this.#suspects.keys()), isVoid: false };
    this.#rounds.add(round);
    return round;
  }

  #look(): void {
    for (const [index, shard] of this.#context.shards.entries()) {
      if (this.#state !== 'enforcing' || this.#looking[index] !== null) continue;
      // What fails is looked at again by the next look.
      const look = this.#lookAt(shard).catch(nothing);
      this.#looking[index] = look;
      void look.then(() => {
        this.#looking[index] = null;
      });
    }
  }

  async #lookAt(shard: Shard): Promise<void> {
    const { activity } = this.#context;
    for (let more = true; more && this.#mayTrim; ) {
      const before = activity();
      const startedAt = performance.now();
      more = await this.#turn(shard);
      const rest = (performance.now() - startedAt) * REST;
      if (more && activity() !== before) await new Promise((resolve) => setTimeout(resolve, rest).unref());
    }
  }

  /** Trims are for a full disk, too. */
  get #mayTrim(): boolean {
    const health = this.#context.health();
    return this.#state === 'enforcing' && (health === 'well' || health === 'full');
  }

  /** One turn of a shard; returns whether there is more. */
  async #turn(shard: Shard): Promise<boolean> {
    const again = this.#again[shard.index]?.splice(0) ?? [];
    const round = this.#begin();
    try {
      const task = { kind: 'retentionTurn', again } as const;
      const { trims, more } = await shard.request<'retentionTurn'>(task, 'fail');
      await this.#trimAll(shard, round, trims);
      return more;
    } catch (error) {
      this.#again[shard.index]?.push(...again);
      throw error;
    } finally {
      this.#rounds.delete(round);
    }
  }

  async #trimAll(shard: Shard, round: Round, trims: BigUint64Array): Promise<void> {
    for (let at = 0; at < trims.length; at += AT_ONCE * 3) {
      await this.#trimSome(shard, round, trims.subarray(at, at + AT_ONCE * 3));
    }
  }

  async #trimSome(shard: Shard, round: Round, trims: BigUint64Array): Promise<void> {
    const under: Promise<void>[] = [];
    for (let at = 0; at + 2 < trims.length; at += 3) {
      const id = { region: trims[at] ?? 0n, table: trims[at + 1] ?? 0n };
      const again = (): void => void this.#again[shard.index]?.push(id);
      if (round.isVoid || round.tables.has(tableKey(id)) || !this.#mayTrim) {
        again();
        continue;
      }
      under.push(this.#context.trim(id, trims[at + 2] ?? 0n).catch(again));
    }
    const all = Promise.all(under);
    this.#trims.add(all);
    try {
      await all;
    } finally {
      this.#trims.delete(all);
    }
  }
}

function nothing(): void {}

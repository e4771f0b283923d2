import { type Table, WalError } from '@shale/engine';
import type { Random } from '../../support/random.js';
import { within } from '../parts/within.js';
import { excusedCode, REGIONS, type Site } from './site.js';

/** What a table must hold: it has one writer. */
interface Owned {
  readonly key: string;
  readonly open: () => Table;
  first: bigint;
  entries: string[];
}

/**
 * Makes one call after the other on tables of its own, each with the sequence that it expects, and knows what is in
 * them.
 */
export class Writer {
  #site: Site;
  readonly #random: Random;
  readonly #number: number;
  readonly #tables: Owned[];
  #made = 0;

  constructor(site: Site, number: number, random: Random) {
    this.#site = site;
    this.#number = number;
    this.#random = random;
    this.#tables = Array.from({ length: 4 }, (_, i) => {
      const table = BigInt(number * 8 + i + 1);
      const region = REGIONS[i % 2] ?? 1n;
      return this.#owned(`${region}/${table}`, () => this.#site.wal.table({ region, table }));
    });
    this.#tables.push(this.#named(), this.#named());
  }

  /** The WAL was closed and opened again. */
  moveTo(site: Site): void {
    this.#site = site;
  }

  async run(calls: number): Promise<void> {
    const random = this.#random;
    for (let call = 0; call < calls; call++) {
      const dice = random.below(20);
      if (dice < 8) await this.#write();
      else if (dice < 14) await this.#append();
      else if (dice < 16) await this.#trim(this.#any());
      else if (dice < 17) await this.#drop(this.#any());
      else if (dice < 18) await this.#makeName();
      else await this.compare(this.#any());
    }
  }

  /** Everything that it has written, and nothing else. */
  async compareAll(): Promise<void> {
    for (const table of this.#tables) await this.compare(table);
  }

  async compare(owned: Owned): Promise<void> {
    const { key, first, entries } = owned;
    await this.#until(`a read of ${key}`, async () => {
      let at = 0;
      for await (const { sequence, payload } of owned.open().read()) {
        const text = new TextDecoder().decode(payload);
        if (sequence !== first + BigInt(at) || text !== entries[at]) {
          throw new Error(
            `${key} has ${text.slice(0, 40)} at ${sequence}, and was to have ${entries[at]?.slice(0, 40)} at ${first + BigInt(at)}`,
          );
        }
        at++;
      }
      if (at !== entries.length)
        throw new Error(`${key} has ${at} entries from ${first} on, and was to have ${entries.length}`);
    });
    this.#site.figures.entries += entries.length;
  }

  #owned(key: string, open: () => Table): Owned {
    return { key, open, first: 1n, entries: [] };
  }

  #named(): Owned {
    const name = `name ${this.#number}/${this.#made++}`;
    return this.#owned(name, () => this.#site.wal.table(name));
  }

  #any(): Owned {
    return this.#tables[this.#random.below(this.#tables.length)] as Owned;
  }

  #payloads(): string[] {
    const random = this.#random;
    return Array.from({ length: 1 + random.below(3) }, () => {
      const head = `${this.#number}:${this.#made++}:`;
      return head.padEnd(head.length + random.below(random.once(4) ? 6000 : 600), 'x');
    });
  }

  async #append(): Promise<void> {
    const owned = this.#any();
    const texts = this.#payloads();
    const expect = owned.first + BigInt(owned.entries.length);
    const durability = this.#random.once(2) ? 'os' : 'sync';
    await this.#until(`an append to ${owned.key}`, async () => {
      const { first } = await owned.open().appendBatch(texts.map(encode), { expect, durability });
      if (first !== expect) throw new Error(`${owned.key}: an append got ${first} and expected ${expect}`);
    });
    owned.entries.push(...texts);
    this.#site.figures.appends++;
  }

  /** Over several tables, which are on any shards; now and then with a name that nobody has seen before. */
  async #write(): Promise<void> {
    const random = this.#random;
    if (random.once(6)) this.#replaceName();
    const tables = this.#tables.filter(() => random.once(2));
    const parts = tables.map((owned) => ({
      owned,
      texts: this.#payloads(),
      expect: owned.first + BigInt(owned.entries.length),
    }));
    const durability = random.once(2) ? 'os' : 'sync';
    await this.#until(`a write over ${tables.map(({ key }) => key).join(', ')}`, async () => {
      const results = await this.#site.wal.write(
        parts.map(({ owned, texts, expect }) => ({
          table: owned.open(),
          payloads: texts.map(encode),
          expect,
        })),
        { durability },
      );
      for (const [i, { owned, expect }] of parts.entries()) {
        if (results[i]?.first !== expect)
          throw new Error(`${owned.key}: a write got ${results[i]?.first} and expected ${expect}`);
      }
    });
    for (const { owned, texts } of parts) owned.entries.push(...texts);
    this.#site.figures.writes++;
  }

  async #trim(owned: Owned): Promise<void> {
    const upTo = owned.first - 1n + BigInt(this.#random.below(owned.entries.length + 1));
    const last = owned.first + BigInt(owned.entries.length) - 1n;
    // Of a table that was never written to there is no first sequence.
    if (last === 0n) return;
    await this.#until(`a trim of ${owned.key}`, async () => {
      const range = await owned.open().trim(upTo);
      if (range.first !== upTo + 1n || range.last !== last) {
        throw new Error(`${owned.key}: a trim up to ${upTo} of ${last} left ${range.first} to ${range.last}`);
      }
    });
    owned.entries.splice(0, Number(upTo + 1n - owned.first));
    owned.first = upTo + 1n;
    this.#site.figures.trims++;
  }

  async #drop(owned: Owned): Promise<void> {
    await this.#until(`a drop of ${owned.key}`, async () => await owned.open().drop());
    owned.first = 1n;
    owned.entries = [];
    this.#site.figures.drops++;
  }

  async #makeName(): Promise<void> {
    const owned = this.#replaceName();
    await this.#until(`a look at ${owned.key}`, async () => {
      const last = await owned.open().lastSequence();
      if (last !== 0n) throw new Error(`${owned.key}, which is new, ends at ${last}`);
    });
  }

  /** Puts a new name in the place of one; what that one has stays, and is not looked at again. */
  #replaceName(): Owned {
    const owned = this.#named();
    this.#tables[4 + this.#random.below(2)] = owned;
    this.#site.figures.names++;
    return owned;
  }

  /**
   * Makes a call until it has been done once: after an outcome that is not known, what it expected says whether it was.
   */
  async #until(what: string, call: () => Promise<void>): Promise<void> {
    let isInDoubt = false;
    for (;;) {
      try {
        await within(`${this.#site.name}: ${what}`, call());
        this.#site.done++;
        return;
      } catch (error) {
        if (isInDoubt && error instanceof WalError && error.code === 'SHALE_SEQUENCE_MISMATCH') {
          this.#site.figures.foundIn++;
          return;
        }
        const code = excusedCode(this.#site, what, error);
        if (code === 'SHALE_OUTCOME_UNKNOWN') {
          isInDoubt = true;
          this.#site.figures.unknown++;
        } else if (code === 'SHALE_NO_SPACE') {
          this.#site.figures.refusals++;
          await this.#site.room();
        } else if (code === 'SHALE_CLOSED') {
          await this.#site.reopened();
        }
      }
    }
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

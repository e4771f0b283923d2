import { WalError } from '@shale/codec';
import type { Log } from '@shale/storage';
import type { Random } from '../../support/random.js';
import { randomBytes } from './random-bytes.js';

/** One table as it must be: what was acknowledged. */
interface ModelTable {
  readonly region: bigint;
  readonly table: bigint;
  /** By sequence - 1. */
  readonly payloads: Buffer[];
  trimmedTo: bigint;
}

/** What was written to a database, all of it acknowledged. */
export class Model {
  readonly tables: ModelTable[];

  constructor(regions: number, tables: number) {
    this.tables = [];
    for (let region = 1; region <= regions; region++) {
      for (let table = 1; table <= tables; table++) {
        // Metadata records have no region, so ids are not shared between regions.
        const id = BigInt(region * 100 + table);
        this.tables.push({ region: BigInt(region), table: id, payloads: [], trimmedTo: 0n });
      }
    }
  }

  /** Appends a batch to some table. */
  append(log: Log, random: Random, options: { sync: boolean; largest: number }): void {
    const table = this.#pick(random);
    const payloads = Array.from({ length: 1 + random.below(3) }, () =>
      randomBytes(random, 1 + random.below(options.largest)),
    );
    log.append(table, payloads, { sync: options.sync });
    table.payloads.push(...payloads);
  }

  trim(log: Log, random: Random): void {
    const table = this.#pick(random);
    if (table.payloads.length < 2) return;
    const upTo = BigInt(1 + random.below(table.payloads.length - 1));
    log.trim(table, upTo);
    if (upTo > table.trimmedTo) table.trimmedTo = upTo;
  }

  /** Throws unless all of it is there, byte for byte. A WalError of the log passes through. */
  requireWhole(log: Log): void {
    for (const table of this.tables) {
      const found = entries(log, table);
      const first = table.trimmedTo + 1n;
      const count = BigInt(table.payloads.length) - table.trimmedTo;
      requireRun(table, found, first);
      if (BigInt(found.length) !== count) {
        throw new Error(
          `${nameOf(table)} has ${found.length} of ${count} entries, and nothing was said about it`,
        );
      }
      if (log.nextSequence(table) !== BigInt(table.payloads.length) + 1n) {
        throw new Error(
          `${nameOf(table)} goes on with ${log.nextSequence(table)}: sequences were used before`,
        );
      }
    }
  }

  /**
   * Throws unless every table has a prefix of what was acknowledged, without a hole. Gives how many entries there are.
   */
  requirePrefix(log: Log): number {
    let sum = 0;
    for (const table of this.tables) {
      const found = entries(log, table);
      // A trim may be lost with what came after it: the entries are back then.
      const first = found[0]?.sequence ?? 1n;
      if (found.length > 0 && first - 1n > table.trimmedTo)
        throw new Error(`${nameOf(table)} begins at ${first}`);
      requireRun(table, found, first);
      sum += found.length;
    }
    return sum;
  }

  /** Appends to every table. */
  appendEverywhere(log: Log): void {
    for (const table of this.tables) log.append(table, [Buffer.from('after')], { sync: false });
  }

  #pick(random: Random): ModelTable {
    const table = this.tables[random.below(this.tables.length)];
    if (table === undefined) throw new Error('no tables');
    return table;
  }
}

interface Found {
  readonly sequence: bigint;
  readonly payload: Uint8Array;
}

function entries(log: Log, table: ModelTable): Found[] {
  return [...log.read(table)].map(({ sequence, payload }) => ({ sequence, payload: Buffer.from(payload) }));
}

function requireRun(table: ModelTable, found: readonly Found[], first: bigint): void {
  for (const [index, { sequence, payload }] of found.entries()) {
    if (sequence !== first + BigInt(index)) {
      throw new Error(`${nameOf(table)} has a hole: ${sequence} where ${first + BigInt(index)} must be`);
    }
    const expected = table.payloads[Number(sequence) - 1];
    if (expected === undefined) throw new Error(`${nameOf(table)} has ${sequence}, which was never written`);
    if (!expected.equals(payload)) throw new Error(`${nameOf(table)} has other bytes in ${sequence}`);
  }
}

function nameOf({ region, table }: ModelTable): string {
  return `region ${region}, table ${table}`;
}

/** Whether damage was reported, and by the code that is for it. */
export function isReport(error: unknown): error is WalError {
  return error instanceof WalError && error.code === 'SHALE_CORRUPT';
}

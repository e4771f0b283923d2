import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WalError } from '@shale/codec';
import { type Log, openLog } from '@shale/storage';
import type { ForeignWriter } from '../../native/foreign-writer.js';
import type { Random } from '../../support/random.js';
import { takeImage } from '../model/image.js';
import { type ForeignOptions, someOptions } from './options.js';

/** How often what happened. */
export interface ForeignFigures {
  turns: number;
  opened: number;
  refused: number;
  damaged: number;
  renumbered: number;
  entriesCompared: number;
}

const REGION = 1n;
const TABLES = [1n, 2n, 3n] as const;
/** What is written without a log goes here: the death of the process takes it, by rights. */
const WITHOUT_LOG = 9n;
const BYTES = 40;

/** One database, and the two programs that take turns on it. */
export class ForeignRound {
  /** What was done, so that a failure can be understood. */
  readonly story: string[] = [];
  readonly #directory: string;
  readonly #writer: ForeignWriter;
  readonly #random: Random;
  readonly #figures: ForeignFigures;
  readonly #last = new Map<bigint, bigint>(TABLES.map((table) => [table, 0n]));
  #withoutLog = 1;
  #manyLevels = false;

  constructor(directory: string, writer: ForeignWriter, random: Random, figures: ForeignFigures) {
    this.#directory = join(directory, 'db');
    this.#writer = writer;
    this.#random = random;
    this.#figures = figures;
    mkdirSync(directory, { recursive: true });
  }

  async run(): Promise<void> {
    if (!this.#random.once(4)) await this.#shale();
    for (let turn = this.#random.below(3); turn >= 0; turn--) {
      this.#figures.turns++;
      const options = someOptions(this.#random);
      // Who opens it with fewer levels does not find its table files.
      if (this.#manyLevels) options.options.num_levels = '10';
      const killed = this.#foreign(options);
      if (killed === null) continue;
      this.#manyLevels = 'num_levels' in options.options;
      if (killed && this.#random.once(3) && (await this.#damage())) return;
      await this.#look(options);
      await this.#shale();
    }
  }

  /** Shale appends, and is closed or killed. */
  async #shale(): Promise<void> {
    const log = await openLog(this.#directory);
    for (let write = this.#random.below(20); write >= 0; write--) {
      const table = this.#random.of(TABLES);
      const first = (this.#last.get(table) ?? 0n) + 1n;
      const payloads = Array.from({ length: 1 + this.#random.below(4) }, (_, i) =>
        payloadOf(first + BigInt(i)),
      );
      const at = log.append({ region: REGION, table }, payloads, { sync: this.#random.once(3) });
      if (at.first !== first) throw new Error(`table ${table} goes on at ${at.first} instead of ${first}`);
      this.#last.set(table, at.last);
      if (this.#random.once(20)) await log.flush();
    }
    const killed = this.#random.once(2);
    const image = `${this.#directory}.image`;
    if (killed) takeImage(this.#directory, image);
    await log.close();
    if (killed) {
      rmSync(this.#directory, { recursive: true });
      cpSync(image, this.#directory, { recursive: true });
      rmSync(image, { recursive: true });
    }
    this.story.push(`Shale ${killed ? 'killed' : 'closed'} at ${[...this.#last.values()].join(', ')}`);
  }

  /** The other program writes; whether it is killed at the end, or null when RocksDB does not let it in. */
  #foreign({ kind, options }: ForeignOptions): boolean | null {
    const before = { last: new Map(this.#last), withoutLog: this.#withoutLog };
    const steps = [`kind ${kind}`];
    // RocksDB 9 refuses writes without a log beside logs that are used again.
    const isUnlogged = kind === 'plain' && options.recycle_log_file_num === undefined;
    for (let write = this.#random.below(6); write >= 0; write--) {
      const table = this.#random.of(TABLES);
      const first = (this.#last.get(table) ?? 0n) + 1n;
      const count = 1 + this.#random.below(this.#random.once(8) ? 1500 : 20);
      steps.push(`many ${REGION} ${table} ${first} ${count} ${BYTES}`);
      this.#last.set(table, first + BigInt(count) - 1n);
      if (isUnlogged && this.#random.once(3)) {
        const unlogged = 1 + this.#random.below(5);
        steps.push(
          'unlogged',
          `many ${REGION} ${WITHOUT_LOG} ${this.#withoutLog} ${unlogged} ${BYTES}`,
          'logged',
        );
        this.#withoutLog += unlogged;
      }
      if (this.#random.once(4)) steps.push('flush');
      if (this.#random.once(12)) steps.push('compact');
    }
    if (kind === 'transactions' && this.#random.once(2)) steps.push(`prepare p${this.#figures.turns}`);
    const killed = this.#random.once(2);
    if (killed) steps.push('kill');
    this.story.push(`foreign ${JSON.stringify(options)}: ${steps.join(', ')}`);
    try {
      this.#writer.write(this.#directory, steps, options);
    } catch (error) {
      // What another policy has left in the logs: RocksDB asks for a flush, as Shale does.
      if (!(error instanceof Error) || !error.message.includes('before changing the WritePolicy'))
        throw error;
      this.story.push('RocksDB refuses it');
      for (const [table, last] of before.last) this.#last.set(table, last);
      this.#withoutLog = before.withoutLog;
      return null;
    }
    return killed;
  }

  /**
   * Whatever the other program has logged is there, or the opening is refused, and it is once that program has flushed.
   */
  async #look({ kind, options }: ForeignOptions): Promise<void> {
    const before = filesOf(this.#directory);
    if (kind === 'prepared' && (await this.#isRenumbered())) {
      requireSame(before, filesOf(this.#directory));
      return this.#salvage();
    }
    const readOnly = await this.#open({ readOnly: true });
    requireSame(before, filesOf(this.#directory));
    if (readOnly !== null) await this.#require(readOnly);
    const log = await this.#open({});
    if (log !== null) {
      if (readOnly === null) throw new Error('an opening for reading is refused, and one for writing is not');
      await this.#require(log);
      this.#figures.opened++;
      return;
    }
    requireSame(before, filesOf(this.#directory));
    this.#figures.refused++;
    this.story.push('refused, then flushed');
    // What was prepared is finished by nobody: a TransactionDB gives it up.
    this.#writer.write(this.#directory, [`kind ${kind}`, 'rollback', 'flush'], {
      ...options,
      avoid_flush_during_recovery: 'false',
    });
    if (kind === 'prepared' && (await this.#isRenumbered())) return this.#salvage();
    const flushed = await this.#open({});
    if (flushed === null) throw new Error('it is refused after a flush as well');
    await this.#require(flushed);
  }

  /** WritePrepared numbers batches: with Shale's it does not get as far as Shale did, and looks like a loss. */
  async #isRenumbered(): Promise<boolean> {
    try {
      await (await openLog(this.#directory, { readOnly: true })).close();
      return false;
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      return error.code === 'SHALE_CORRUPT' && error.message.includes('WritePrepared');
    }
  }

  /** Nothing is missing then. */
  async #salvage(): Promise<void> {
    this.#figures.renumbered++;
    this.story.push('numbered anew, then salvaged');
    const log = await openLog(this.#directory, { recovery: 'salvage' });
    await this.#require(log, true);
  }

  /**
   * Flips a bit of a log; whether there was one. Nothing readable is gone for good then, and no sequence is given out
   * anew.
   */
  async #damage(): Promise<boolean> {
    const logs = readdirSync(this.#directory).filter((name) => name.endsWith('.log'));
    const name = logs.at(-1);
    if (name === undefined) return false;
    const path = join(this.#directory, name);
    const bytes = readFileSync(path);
    const used = bytes.findLastIndex((byte) => byte !== 0) + 1;
    if (used === 0) return false;
    const at = this.#random.below(used);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#random.below(8));
    writeFileSync(path, bytes);
    this.story.push(`byte ${at} of ${used} of ${name} flipped`);
    this.#figures.damaged++;
    const before = filesOf(this.#directory);
    const log = await this.#open({}, ['SHALE_UNSUPPORTED', 'SHALE_CORRUPT']);
    if (log === null) {
      requireSame(before, filesOf(this.#directory));
      return true;
    }
    let lost = 0n;
    try {
      for (const table of TABLES) {
        const last = this.#last.get(table) ?? 0n;
        const there = [...log.read({ region: REGION, table })];
        lost += last - BigInt(there.length);
        // One record, the damaged one, nobody can read.
        if (log.nextSequence({ region: REGION, table }) < last)
          throw new Error(`table ${table}: a sequence is given out again`);
      }
    } finally {
      await log.close();
    }
    const kept = join(this.#directory, 'damaged-logs', name);
    if (lost > 1n && !(existsSync(kept) && readFileSync(kept).equals(bytes))) {
      throw new Error(`${lost} entries are lost, and no copy of the log is kept`);
    }
    return true;
  }

  async #open(options: { readOnly?: boolean }, refusals = ['SHALE_UNSUPPORTED']): Promise<Log | null> {
    try {
      return await openLog(this.#directory, options);
    } catch (error) {
      if (error instanceof WalError && refusals.includes(error.code)) return null;
      throw error;
    }
  }

  async #require(log: Log, salvaged = false): Promise<void> {
    try {
      if (log.recovery.missing !== salvaged || log.recovery.beyond.records > 0)
        throw new Error('something is said to be missing');
      for (const table of TABLES) {
        const last = this.#last.get(table) ?? 0n;
        let expected = 1n;
        for (const { sequence, payload } of log.read({ region: REGION, table })) {
          if (sequence !== expected)
            throw new Error(`table ${table}: ${sequence} comes where ${expected} was to come`);
          if (!payloadOf(sequence).equals(payload))
            throw new Error(`table ${table}: ${sequence} is another entry`);
          expected++;
        }
        if (expected !== last + 1n)
          throw new Error(`table ${table} ends before ${expected} instead of at ${last}`);
        this.#figures.entriesCompared += Number(last);
      }
    } finally {
      await log.close();
    }
  }
}

/** As the step `many` of foreign-writer.cc makes it. */
function payloadOf(sequence: bigint): Buffer {
  return Buffer.from(
    Array.from({ length: BYTES }, (_, at) => (Number(sequence) * 31 + Math.floor((at * at) / 7)) & 0xff),
  );
}

/** What a refusal must not change. */
function filesOf(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory).filter((name) =>
    /\.(?:log|sst|blob)$|^(?:MANIFEST|CURRENT|WATERMARK)/.test(name),
  );
  return new Map(names.map((name) => [name, readFileSync(join(directory, name))]));
}

function requireSame(before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(name), after.get(name)];
    if (a === undefined || b === undefined || !a.equals(b)) throw new Error(`${name} was changed`);
  }
}

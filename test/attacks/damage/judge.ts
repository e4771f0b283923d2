import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Log, type LogOptions, openLog } from '@shale/storage';
import type { DamageCase } from './cases.js';
import { filesOf, type Image, restore } from './image.js';
import { isReport } from './model.js';

/** How often what happened. */
export interface Tally {
  cases: number;
  /** Opened, with everything there. */
  whole: number;
  /** Refused when it was opened. */
  refused: number;
  /** Opened, and refused when it was read. */
  refusedReading: number;
  /** Opened with `recovery: 'salvage'` after that. */
  salvaged: number;
}

/** Tries cases on copies of one image. */
export class Judge {
  readonly #image: Image;
  readonly #directory: string;
  readonly #tally: Tally;
  #fresh = false;

  constructor(image: Image, directory: string, tally: Tally) {
    this.#image = image;
    this.#directory = directory;
    this.#tally = tally;
  }

  /** Throws when something acknowledged is missing or wrong and nobody says so. */
  async judge(damage: DamageCase): Promise<void> {
    this.#tally.cases++;
    try {
      await this.#judge(damage);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`${this.#image.name}: ${damage.name}: ${what}`, { cause: error });
    }
  }

  async #judge(damage: DamageCase): Promise<void> {
    this.#put(damage);
    const before = filesOf(this.#directory);
    const reading = await this.#attempt({ readOnly: true });
    requireSame(before, filesOf(this.#directory), 'an opening for reading');
    const writing = await this.#attempt({});
    // A damaged end of a manifest that nothing depends on is cut off, which only an opening for writing may do.
    const cut = damage.about === 'manifest' && reading === 'refused' && writing === 'whole';
    if (reading !== writing && !cut) {
      throw new Error(`an opening for reading is ${reading}, and one for writing is ${writing}`);
    }
    if (writing === 'refused') {
      requireSame(before, filesOf(this.#directory), 'a refused opening');
      this.#tally.refused++;
      if (await this.#salvage()) this.#tally.salvaged++;
      else return; // as it was
    } else if (writing === 'refused reading') {
      this.#tally.refusedReading++;
    } else {
      this.#tally.whole++;
    }
    this.#fresh = false;
  }

  /** The image, with the damage done to it. */
  #put(damage: DamageCase): void {
    if (!this.#fresh) restore(this.#image, this.#directory);
    this.#fresh = false;
    for (const [name, bytes] of damage.changed) {
      const path = join(this.#directory, name);
      if (bytes === null) rmSync(path, { force: true });
      else writeFileSync(path, bytes);
    }
  }

  async #attempt(options: LogOptions): Promise<'whole' | 'refused' | 'refused reading'> {
    let log: Log;
    try {
      log = await openLog(this.#directory, options);
    } catch (error) {
      if (isReport(error)) return 'refused';
      throw error;
    }
    try {
      this.#image.model.requireWhole(log);
      return 'whole';
    } catch (error) {
      if (isReport(error)) return 'refused reading';
      throw error;
    } finally {
      await log.close();
    }
  }

  /** What can be read after a refusal. False: not even that. */
  async #salvage(): Promise<boolean> {
    let log: Log;
    try {
      log = await openLog(this.#directory, { recovery: 'salvage' });
    } catch (error) {
      if (isReport(error)) return false;
      throw error;
    }
    try {
      if (!log.recovery.missing) throw new Error('salvaged, and nothing is said to be missing');
      this.#image.model.requirePrefix(log);
      for (const { instance, region, table, beyond } of log.recovery.tables) {
        if (instance !== 0) throw new Error(`there is no instance ${instance}`);
        const next = log.nextSequence({ region, table });
        if (next <= beyond.last) throw new Error(`sequence ${next} is given out again`);
      }
      this.#image.model.appendEverywhere(log);
    } catch (error) {
      if (!isReport(error)) throw error;
    } finally {
      await log.close();
    }
    const again = await openLog(this.#directory);
    await again.close();
    return true;
  }
}

function requireSame(
  before: ReadonlyMap<string, Buffer>,
  after: ReadonlyMap<string, Buffer>,
  what: string,
): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(name), after.get(name)];
    if (a === undefined || b === undefined || !a.equals(b)) throw new Error(`${what} changed ${name}`);
  }
}

import { existsSync } from 'node:fs';
import { openWal } from '@shale/engine';
import type { Outcome } from './command.js';
import { entriesOf, type Line } from './input.js';

/** The entries of every table of a log. */
type Contents = ReadonlyMap<string, readonly string[]>;
/** The entries that each table has from the ingest. */
type Taken = ReadonlyMap<string, readonly string[]>;

const NOTHING: Taken = new Map();

/**
 * Knows what is in the log, and what of it came from the ingest. After each run it looks at what has been added: the
 * lines that come next, no other ones, nothing twice, and nothing that was there has changed.
 */
export class Oracle {
  readonly #directory: string;
  #contents: Contents = new Map();
  /** More than one when a run was killed before anybody could know whether it began anew. */
  #taken: readonly Taken[] = [NOTHING];
  compared = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whether nothing of the ingest can be in. */
  get untouched(): boolean {
    return this.#taken.every((taken) => taken.size === 0);
  }

  /** Whether something of the ingest must be in. */
  get touched(): boolean {
    return this.#taken.every((taken) => taken.size > 0);
  }

  /** The lines as they are in, where they are. */
  asTaken(lines: readonly Line[]): Line[] {
    const seen = new Map<string, number>();
    return lines.map((line) => {
      if (line.table === undefined || line.entry === undefined) return line;
      const place = seen.get(line.table) ?? 0;
      seen.set(line.table, place + 1);
      const entry = this.#taken[0]?.get(line.table)?.[place] ?? line.entry;
      return entry === line.entry ? line : { ...line, entry, text: line.text.replace(line.entry, entry) };
    });
  }

  /** Others wrote: what is there now is not for the ingest to change. */
  async lookAgain(): Promise<void> {
    this.#contents = await this.#read();
  }

  /**
   * Compares after a run that was given these lines. `anew`: it may have begun at line 1 (`'maybe'`), or must have.
   * A run that says it is complete must have taken them all.
   */
  async compare(given: readonly Line[], outcome: Outcome, anew: 'no' | 'maybe' | 'yes'): Promise<void> {
    const now = await this.#read();
    const expected = entriesOf(given);
    const before = anew === 'yes' ? [NOTHING] : anew === 'maybe' ? [...this.#taken, NOTHING] : this.#taken;
    const complaints: string[] = [];
    const after: Taken[] = [];
    for (const taken of before) {
      const next = this.#account(taken, now, expected, outcome, complaints);
      if (next) after.push(next);
    }
    if (after.length === 0) throw new Error(complaints[0]);
    this.#contents = now;
    this.#taken = after;
  }

  #account(
    before: Taken,
    now: Contents,
    expected: ReadonlyMap<string, readonly string[]>,
    { code, signal }: Outcome,
    complaints: string[],
  ): Taken | undefined {
    const taken = new Map(before);
    for (const [table, entries] of now) {
      const old = this.#contents.get(table) ?? [];
      if (!old.every((entry, i) => entry === entries[i])) {
        complaints.push(`table ${table}: entries that were there have changed`);
        return undefined;
      }
      const added = entries.slice(old.length);
      const had = taken.get(table) ?? [];
      const wanted = expected.get(table) ?? [];
      const wrong = added.findIndex((entry, i) => entry !== wanted[had.length + i]);
      if (wrong !== -1) {
        const [found, line] = [added[wrong], had.length + wrong];
        complaints.push(
          `table ${table}: entry ${old.length + wrong + 1} is ${shown(found)}, and line ${line + 1} of the table is ${shown(wanted[line])}`,
        );
        return undefined;
      }
      this.compared += added.length;
      if (added.length > 0) taken.set(table, [...had, ...added]);
    }
    if (signal !== null || (code !== 0 && code !== 1)) return taken;
    for (const table of new Set([...taken.keys(), ...expected.keys()])) {
      const lines = expected.get(table)?.length ?? 0;
      const count = taken.get(table)?.length ?? 0;
      if (lines === count) continue;
      complaints.push(`it says that it is complete, and table ${table} has ${count} of ${lines} lines`);
      return undefined;
    }
    return taken;
  }

  async #read(): Promise<Contents> {
    const contents = new Map<string, string[]>();
    if (!existsSync(`${this.#directory}/CURRENT`)) return contents;
    const wal = await openWal(this.#directory, { readOnly: true, shards: 1 });
    try {
      for await (const { name } of wal.tables()) {
        if (name === undefined || name === null || name.startsWith('.ingest/')) continue;
        const entries: string[] = [];
        for await (const { payload } of wal.table(name).read()) entries.push(Buffer.from(payload).toString());
        contents.set(name, entries);
      }
    } finally {
      await wal.close();
    }
    return contents;
  }
}

function shown(entry: string | undefined): string {
  return entry === undefined ? 'none' : JSON.stringify(entry.slice(0, 60));
}

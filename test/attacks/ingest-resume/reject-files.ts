import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** The reject files in a directory: whose they are, and what must be in them. */
export class RejectFiles {
  readonly #directory: string;
  /** Files that are none of the ingest's business, as they have to stay. */
  readonly #others = new Map<string, Buffer>();
  /** All files as they were before the last run. */
  #before: ReadonlyMap<string, Buffer> = new Map();
  /** Some of the ingest's own were taken away or changed. */
  #disturbed = false;

  constructor(directory: string) {
    this.#directory = directory;
    this.beforeRun();
    this.leaveOld();
  }

  /** Remembers what is there. */
  beforeRun(): void {
    this.#before = new Map(this.#all().map((path) => [path, readFileSync(path)]));
  }

  /** The last run began anew: what was there before it is no longer its own. */
  leaveOld(): void {
    for (const [path, bytes] of this.#before) this.#others.set(path, bytes);
    this.#disturbed = false;
  }

  /** A file that the ingest must leave as it is. */
  leave(path: string): void {
    this.#others.set(path, readFileSync(path));
  }

  /** Takes one of the ingest's files away, if it has one. */
  move(): void {
    const [path] = this.#own();
    if (path === undefined) return;
    const moved = join(this.#directory, `moved-${this.#others.size}.rejects.ndjson`);
    renameSync(path, moved);
    this.leave(moved);
    this.#disturbed = true;
  }

  /** After a run. `whole`: it had time to tidy up what it wrote to. */
  check(whole: boolean): void {
    for (const [path, bytes] of this.#others) {
      if (!readFileSync(path).equals(bytes))
        throw new Error(`${path} is not the ingest's, and it changed it`);
    }
    if (!whole) return;
    for (const path of this.#own()) {
      const before = this.#before.get(path);
      if (!before?.equals(readFileSync(path))) numbersIn(path);
    }
  }

  /** When it is complete: the file it names has the rejected lines, once each and in order. */
  checkComplete(named: string | undefined, rejected: readonly number[]): void {
    if (this.#disturbed) return;
    const found = named === undefined ? [] : numbersIn(named);
    if (found.length === rejected.length && found.every((number, i) => number === rejected[i])) return;
    throw new Error(
      `${named ?? 'no file'} has the rejected lines ${found.join(' ')}, not ${rejected.join(' ')}`,
    );
  }

  #own(): string[] {
    return this.#all().filter((path) => !this.#others.has(path));
  }

  #all(): string[] {
    return readdirSync(this.#directory)
      .filter((name) => name.includes('rejects'))
      .map((name) => join(this.#directory, name));
  }
}

function numbersIn(path: string): number[] {
  const text = readFileSync(path, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error(`${path} ends with half a line`);
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { line: number }).line);
}

import type { Random } from '../../support/random.js';

/** How the lines of an input are read. */
export type Kind = 'lines' | 'ndjson' | 'csv';

/** A record of an input, and what an ingest has to make of it. */
export interface Line {
  /** As it stands in the input, line end included. */
  readonly text: string;
  /** The table and the entry; neither for what is skipped or rejected. */
  readonly table?: string;
  readonly entry?: string;
  readonly rejected?: true;
}

/** The options that say how an input is to be read. */
export const OPTIONS: Readonly<Record<Kind, readonly string[]>> = {
  lines: ['--format', 'lines', '--table', 't'],
  ndjson: ['--format', 'ndjson', '--table-by', 'h'],
  csv: ['--format', 'csv', '--table-by', 'h', '--raw'],
};

/** Longer lines are rejected. */
export const MAX_LINE = 2048;

/** Makes the lines of an input, and more of them when it grows. */
export class InputMaker {
  readonly #kind: Kind;
  readonly #random: Random;
  readonly #tables: number;
  readonly #rejects: boolean;
  readonly #repeats: boolean;
  #made = 0;

  constructor(kind: Kind, random: Random) {
    this.#kind = kind;
    this.#random = random;
    this.#tables = random.of([1, 2, 5, 40]);
    this.#rejects = !random.once(3);
    // Entries that are all alike can only be told apart by being counted.
    this.#repeats = random.once(4);
  }

  /** The next lines; the first ones of a CSV begin with its header. */
  lines(count: number): Line[] {
    const header: Line[] = this.#kind === 'csv' && this.#made === 0 ? [{ text: 'h,i,v\n' }] : [];
    return [...header, ...Array.from({ length: count }, () => this.#line())];
  }

  /** The line with other content, for the same table. */
  changed(line: Line): Line {
    if (line.entry === undefined) return line;
    const entry = line.entry.replace('pad', 'changed');
    return { ...line, text: line.text.replace('pad', 'changed'), entry };
  }

  #line(): Line {
    const random = this.#random;
    const number = this.#repeats ? 7 : this.#made;
    this.#made += 1;
    if (random.once(40)) return { text: '\n' };
    if (this.#rejects && random.once(300)) {
      return {
        text: `${'long'.repeat(random.of([1024, 1024, 1024, 1024, 1024, 50_000]))}\n`,
        rejected: true,
      };
    }
    const table = this.#kind === 'lines' ? 't' : `h${random.below(this.#tables)}`;
    const pad = `pad${'x'.repeat(random.below(60))}`;
    if (this.#kind === 'lines') return { text: `${number} ${pad}\n`, table, entry: `${number} ${pad}` };
    if (this.#rejects && random.once(15)) return { text: `bad ${number}\n`, rejected: true };
    const entry =
      this.#kind === 'ndjson'
        ? JSON.stringify({ h: table, i: number, v: pad })
        : `${table},${number},${random.once(10) ? `"${pad}\n${pad}"` : pad}`;
    return { text: `${entry}\n`, table, entry };
  }
}

/** The first lines, the last one of them without its end; as an input that breaks off in its middle shows it. */
export function brokenOff(kind: Kind, lines: readonly Line[], random: Random): Line[] {
  const last = lines.at(-1);
  if (!last || last.text.length < 3 || last.text.includes('"\n') || last.text.length > MAX_LINE)
    return [...lines];
  // Its line end alone, or more.
  const text = last.text.slice(0, random.once(3) ? -1 : 1 + random.below(last.text.length - 2));
  return [...lines.slice(0, -1), broken(kind, last, text)];
}

function broken(kind: Kind, whole: Line, text: string): Line {
  if (`${text}\n` === whole.text) return { ...whole, text };
  if (kind === 'lines') return { text, table: 't', entry: text };
  const fields = text.split(',');
  const readable = kind === 'csv' && whole.entry !== undefined && fields.length === 3;
  return readable ? { text, table: fields[0] ?? '', entry: text } : { text, rejected: true };
}

/** The bytes of an input. */
export function bytesOf(lines: readonly Line[]): Buffer {
  return Buffer.from(lines.map(({ text }) => text).join(''));
}

/** The numbers of the lines that have to be rejected. */
export function rejectedNumbers(lines: readonly Line[]): number[] {
  const numbers: number[] = [];
  let number = 1;
  for (const { text, rejected } of lines) {
    if (rejected) numbers.push(number);
    number += text.split('\n').length - 1;
  }
  return numbers;
}

/** What every table has to get, in order. */
export function entriesOf(lines: readonly Line[]): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  for (const { table, entry } of lines) {
    if (table === undefined || entry === undefined) continue;
    const entries = tables.get(table);
    if (entries) entries.push(entry);
    else tables.set(table, [entry]);
  }
  return tables;
}

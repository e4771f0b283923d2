import type { InspectedChunk } from '@shale/engine/admin';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { entryAsJson, entryAsRow, printable, withEscapes } from './entry-format.js';

/** How entries are shown; on a terminal as rows unless it says otherwise. */
export interface PrintOptions {
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly delimiter: string;
}

/** Columns of the name of a table before its entries, at most. */
const NAME_WIDTH = 24;

/** Prints the entries of a follow. */
export class EntryPrinter {
  readonly #terminal: Terminal;
  readonly #format: 'json' | 'raw' | 'rows';
  readonly #delimiter: Buffer;
  /** Whether there are entries of many tables, so that each must say whose it is. */
  readonly #ofMany: boolean;
  #digits = 0;
  #nameWidth = 0;

  constructor(terminal: Terminal, { json, raw, delimiter }: PrintOptions, ofMany: boolean) {
    this.#terminal = terminal;
    this.#format = json ? 'json' : raw || !terminal.outIsTTY ? 'raw' : 'rows';
    this.#delimiter = Buffer.from(withEscapes(delimiter));
    this.#ofMany = ofMany;
  }

  /** Prints a chunk; what is missing before the entries that come is said on standard error. */
  async print(chunk: InspectedChunk): Promise<void> {
    const { out, outColors, errColors, width } = this.#terminal;
    if (chunk.gap !== null) this.#terminal.note(`${errColors.yellow('shale:')} ${gapOf(chunk)}`);
    const [begin, row] = [this.#jsonBegin(chunk), this.#rowBegin(chunk)];
    for (const entry of chunk.entries) {
      if (this.#format === 'raw') {
        await out.write(entry.payload);
        await out.write(this.#delimiter);
      } else if (this.#format === 'json') {
        await out.line(begin + entryAsJson(entry).slice(1));
      } else {
        this.#digits = Math.max(this.#digits, entry.sequence.toString().length);
        const room = width - (row === '' ? 0 : this.#nameWidth + 2);
        await out.line(row + entryAsRow(entry, { width: room, colors: outColors, digits: this.#digits }));
      }
    }
  }

  #jsonBegin({ name, table }: InspectedChunk): string {
    if (!this.#ofMany) return '{';
    return `${toJson({ name, region: table.region, table: table.table }).slice(0, -1)},`;
  }

  #rowBegin(chunk: InspectedChunk): string {
    if (!this.#ofMany) return '';
    const name = printable(Buffer.from(nameOf(chunk)), NAME_WIDTH);
    this.#nameWidth = Math.max(this.#nameWidth, name.length);
    return `${this.#terminal.outColors.dim(name.padEnd(this.#nameWidth))}  `;
  }
}

function nameOf({ name, table }: InspectedChunk): string {
  return name ?? `${table.region}/${table.table}`;
}

/** What a gap means to the reader. */
function gapOf(chunk: InspectedChunk): string {
  const { gap } = chunk;
  const table = printable(Buffer.from(nameOf(chunk)), 60);
  if (gap === null || gap.first === 0n) return `table ${table} was dropped`;
  return `entries ${gap.expected} to ${gap.first - 1n} of table ${table} are not there any more`;
}

import { stringify } from 'csv-stringify/sync';
import { type Entry, entryAsJson } from '../read/entry-format.js';
import { type Cell, fieldsOf, jsonText, oneLine } from './json-fields.js';

/** What a table can be exported as. */
export type ExportFormatName = 'ndjson' | 'csv' | 'entries';

/** How entries are written. */
export interface ExportFormat {
  /** Takes an entry, or says why it has no place in the output. */
  add(entry: Entry): string | undefined;
  /** The text of what was added since; the first one begins with what the output begins with. */
  take(): string;
}

/** How a CSV is written. */
export interface CsvShape {
  readonly delimiter: string;
  readonly columns: readonly string[];
  /** Whether the first column is the sequence of the entry. */
  readonly withSequence: boolean;
}

/** The name of the column that has the sequence. */
export const SEQUENCE_COLUMN = 'sequence';

const NOT_JSON = 'it is not JSON';
const NOT_AN_OBJECT = 'it is no JSON object';

/** Entries that are JSON, a line each. */
export class NdjsonExport implements ExportFormat {
  #text = '';

  add({ payload }: Entry): string | undefined {
    const json = jsonText(payload);
    if (json === undefined) return NOT_JSON;
    this.#text += `${oneLine(json)}\n`;
    return undefined;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** All entries whatever they are, with their sequence: the lines of `shale read --json`. */
export class EntriesExport implements ExportFormat {
  #text = '';

  add(entry: Entry): undefined {
    this.#text += `${entryAsJson(entry)}\n`;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** Entries that are JSON objects, a row each. */
export class CsvExport implements ExportFormat {
  readonly #shape: CsvShape;
  #rows: Cell[][] = [];

  /** @param isNew whether the header is still to come */
  constructor(shape: CsvShape, isNew: boolean) {
    this.#shape = shape;
    if (isNew) this.#rows.push([...(shape.withSequence ? [SEQUENCE_COLUMN] : []), ...shape.columns]);
  }

  add({ sequence, payload }: Entry): string | undefined {
    const json = jsonText(payload);
    if (json === undefined) return NOT_JSON;
    const fields = fieldsOf(json);
    if (fields === undefined) return NOT_AN_OBJECT;
    const { columns, withSequence } = this.#shape;
    // Of one column what is not there has quotes, too: its row would be an empty line, and that is none to those who read it.
    const nothing = columns.length === 1 && !withSequence ? '' : null;
    const cells = columns.map((column) => fields.get(column) ?? nothing);
    this.#rows.push(withSequence ? [sequence.toString(), ...cells] : cells);
    return undefined;
  }

  /** A text that is empty has quotes, and what is not there has none. */
  take(): string {
    const rows = this.#rows;
    this.#rows = [];
    return stringify(rows, {
      delimiter: this.#shape.delimiter,
      cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value) },
      // Their readers take a carriage return for the end of a row.
      quoted_match: /\r|^\s|\s$/,
    });
  }
}

/** The names of the fields of all entries that are JSON objects, in the order in which they come first. */
export class Columns {
  readonly #names = new Set<string>();

  add({ payload }: Entry): void {
    const json = jsonText(payload);
    const fields = json === undefined ? undefined : fieldsOf(json);
    for (const name of fields?.keys() ?? []) this.#names.add(name);
  }

  get names(): readonly string[] {
    return [...this.#names];
  }
}

import { isUtf8 } from 'node:buffer';
import { compact } from '../ingest/json-scanner.js';

/** A field of a JSON object as CSV has it; null and what is not there are nothing. */
export type Cell = string | null;

/** The text of a JSON value; undefined for what is none. */
export function jsonText(payload: Uint8Array): string | undefined {
  if (!isUtf8(payload)) return undefined;
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString();
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

/** A JSON value in one line. */
export function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? Buffer.from(compact(Buffer.from(json))).toString() : json;
}

/**
 * The fields of a JSON object: of texts what they say, of numbers every digit as it stands, of objects and arrays their JSON
 * without space. Of a name that comes twice it is the last. Undefined for a value that is no object.
 *
 * @param json a JSON value
 */
export function fieldsOf(json: string): ReadonlyMap<string, Cell> | undefined {
  const text = /\s/.test(json) ? Buffer.from(compact(Buffer.from(json))).toString() : json;
  if (!text.startsWith('{')) return undefined;
  const fields = new Map<string, Cell>();
  let at = 1;
  while (text[at] === '"') {
    const nameEnd = textEnd(text, at);
    const end = valueEnd(text, nameEnd + 1);
    fields.set(String(JSON.parse(text.slice(at, nameEnd))), cellOf(text.slice(nameEnd + 1, end)));
    // Behind the comma, or behind the object.
    at = end + 1;
  }
  return fields;
}

function cellOf(value: string): Cell {
  if (value === 'null') return null;
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}

/** Behind the text that begins with a quote. */
function textEnd(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Behind the value: at a comma or a bracket of what it is in. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  for (;;) {
    const character = text[at];
    if (character === '"') {
      at = textEnd(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    else if (depth === 0 && (character === ',' || character === '}')) return at;
    else if (character === '}' || character === ']') depth -= 1;
    at += 1;
  }
}

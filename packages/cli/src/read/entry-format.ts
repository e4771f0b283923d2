import { isUtf8 } from 'node:buffer';
import { escapeActing, showable } from '../output/showable.js';
import type { Colors } from '../output/terminal.js';

/** One entry as the reading loop gives it. */
export interface Entry {
  readonly sequence: bigint;
  readonly payload: Uint8Array;
}

/** `{"sequence":1,"encoding":"utf8","payload":"..."}`, with base64 for payloads that are not UTF-8. */
export function entryAsJson({ sequence, payload }: Entry): string {
  const bytes = asBuffer(payload);
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return `{"sequence":${sequence},"encoding":"${encoding}","payload":${escapeActing(JSON.stringify(bytes.toString(encoding)))}}`;
}

/** A line for people: the sequence, and the payload made printable and cut to the terminal's width. */
export function entryAsRow(
  { sequence, payload }: Entry,
  options: { width: number; colors: Colors; digits: number },
): string {
  const number = sequence.toString().padStart(options.digits);
  const room = Math.max(20, options.width - number.length - 2);
  return `${options.colors.cyan(number)}  ${printable(payload, room)}`;
}

/** Text without control characters, or hexadecimal; never longer than `room`. */
export function printable(payload: Uint8Array, room: number): string {
  const bytes = asBuffer(payload);
  // A character has at most four bytes: no need to look at a long payload's end.
  const head = bytes.length > room * 4 ? bytes.subarray(0, room * 4) : bytes;
  const text = isUtf8(bytes) ? head.toString() : `0x${head.toString('hex')}`;
  const shown = showable(text);
  const cut = head.length < bytes.length || shown.length > room;
  return cut ? `${shown.slice(0, room - 1)}\u2026` : shown;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const ESCAPES: Record<string, string> = { '\\n': '\n', '\\t': '\t', '\\r': '\r', '\\0': '\0', '\\\\': '\\' };

/** A delimiter as it was typed. */
export function withEscapes(text: string): string {
  return text.replace(/\\[ntr0\\]/g, (match) => ESCAPES[match] ?? match);
}

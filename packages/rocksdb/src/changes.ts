import { typeError } from './arguments.js';

/** A record that is written or removed, or a range of them, lower inclusive, upper exclusive, that is removed. */
export type RecordChange =
  | { readonly put: Uint8Array; readonly value: Uint8Array }
  | { readonly remove: Uint8Array }
  | { readonly removeFrom: Uint8Array; readonly to: Uint8Array };

const NOTHING = new Uint8Array(0);
const HEADER = 9;
const PUT = 0;
const REMOVE = 1;
const REMOVE_RANGE = 2;

/** The changes as the addon takes them; see native/database/changes.h. */
export function packChanges(changes: readonly RecordChange[]): Uint8Array {
  if (!Array.isArray(changes)) throw typeError('changes', 'an array');
  if (changes.length === 0) return NOTHING;
  const parts = changes.map(partsOf);
  const packed = new Uint8Array(
    parts.reduce((sum, { key, value }) => sum + HEADER + key.length + value.length, 0),
  );
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const { kind, key, value } of parts) {
    packed[at] = kind;
    view.setUint32(at + 1, key.length, true);
    view.setUint32(at + 5, value.length, true);
    packed.set(key, at + HEADER);
    packed.set(value, at + HEADER + key.length);
    at += HEADER + key.length + value.length;
  }
  return packed;
}

function partsOf(change: RecordChange): { kind: number; key: Uint8Array; value: Uint8Array } {
  if (typeof change !== 'object' || change === null) throw typeError('changes', 'an array of objects');
  if ('put' in change) return { kind: PUT, key: bytes(change.put), value: bytes(change.value) };
  if ('remove' in change) return { kind: REMOVE, key: bytes(change.remove), value: NOTHING };
  return { kind: REMOVE_RANGE, key: bytes(change.removeFrom), value: bytes(change.to) };
}

function bytes(value: Uint8Array): Uint8Array {
  if (!(value instanceof Uint8Array)) throw typeError('changes', 'of Uint8Arrays');
  return value;
}

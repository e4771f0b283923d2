import { isUtf8 } from 'node:buffer';
import { type Outcome, reject } from './record.js';
import { tableFromValue } from './table-name.js';

/** Where entries go: to a table, or to that which a field names. */
export type Route = { readonly by: string } | { readonly to: string };

/** What becomes of a text that is to be a JSON value; the entry is `payload()`. */
export function outcomeOfJson(
  bytes: Buffer,
  start: number,
  end: number,
  options: { readonly route: Route; readonly isUtf8: boolean; readonly payload: () => Uint8Array },
): Outcome {
  const { route } = options;
  if (!options.isUtf8 && !isUtf8(bytes.subarray(start, end))) return reject('not-utf8', 'not valid UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8', start, end));
  } catch (error) {
    return reject('not-json', `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if ('to' in route) return { kind: 'entry', table: route.to, payload: options.payload() };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return reject('not-an-object', `not a JSON object, so it has no field "${route.by}"`);
  }
  const field = Object.getOwnPropertyDescriptor(value, route.by);
  if (field === undefined) return reject('field-missing', `no field "${route.by}"`);
  const table = tableFromValue(field.value, `"${route.by}"`);
  if ('problem' in table) return table.problem;
  return { kind: 'entry', table: table.name, payload: options.payload() };
}

import { escapeActing } from './showable.js';

/**
 * JSON with exact integers of any size: a bigint is written as a plain JSON number, never rounded and never quoted.
 * Everything else is as in `JSON.stringify` without indentation, and safe to show on a terminal.
 */
export function toJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null && !('toJSON' in value)) {
    const fields: string[] = [];
    for (const [key, field] of Object.entries(value)) {
      if (field !== undefined) fields.push(`${escapeActing(JSON.stringify(key))}:${toJson(field)}`);
    }
    return `{${fields.join(',')}}`;
  }
  return escapeActing(JSON.stringify(value) ?? 'null');
}

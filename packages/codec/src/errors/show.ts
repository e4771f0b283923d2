/** A value as a message shows it. Whatever it is, none of its code throws out of here. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return `an object (${classOf(value)})`;
  return typeof value === 'function' ? 'a function' : String(value);
}

function classOf(value: object): string {
  try {
    return String(value.constructor?.name ?? 'Object');
  } catch {
    return 'Object';
  }
}

import type { View } from '../top/view.js';

/** What goes to the pages as JSON, whose numbers are no integers of 64 bits: those are text. */
export type Sent<T> = T extends bigint
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Sent<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Sent<T[Key]> }
      : T;

/** What a page is told, by the name of the event. */
export interface Messages {
  /** Whose log it is, before there is a view of it. */
  readonly log: { readonly pid: number; readonly path: string; readonly intervalMs: number };
  readonly view: Sent<View>;
  /** Nothing comes any more, and why. */
  readonly end: { readonly reason: string };
}

/** An event of the stream. What it says is one line: JSON has no line ends. */
export function toEvent<Name extends keyof Messages>(
  name: Name,
  message: Name extends 'view' ? View : Messages[Name],
): string {
  const json = JSON.stringify(message, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return `event: ${name}\ndata: ${json}\n\n`;
}

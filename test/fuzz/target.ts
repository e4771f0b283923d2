/** Something that takes bytes from outside. */
export interface Target {
  readonly name: string;
  /** Longer inputs are not made. */
  readonly maxBytes: number;
  /** Pieces that inputs are likely to have. */
  readonly tokens: readonly Uint8Array[];
  /** Inputs to begin with, besides the corpus. */
  readonly seeds: readonly Uint8Array[];
  /**
   * Feeds the input in. Throws when what is promised does not hold: a typed error or a right result, and no other kind
   * of exception.
   */
  run(input: Uint8Array): void | Promise<void>;
}

/** A promise that does not hold. */
export class Broken extends Error {}

/** Throws {@link Broken} unless it holds. */
export function require(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}

/** What `work` gives; undefined when it throws an error with one of the codes. Whatever else it throws goes through. */
export function typed<T>(codes: readonly string[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return undefined;
    throw error;
  }
}

/** Bytes of text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whether both hold the same bytes. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

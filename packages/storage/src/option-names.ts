import { WalError } from '@shale/codec';

/** Refuses options that there are not, as a misspelt one would pass in silence. Throws SHALE_INVALID_ARGUMENT. */
export function refuseStray(what: string, options: object, known: readonly string[]): void {
  for (const name in options) {
    // What an application has put onto every object is no option of this one.
    if (known.includes(name) || name in Object.prototype) continue;
    throw new WalError(
      'SHALE_INVALID_ARGUMENT',
      `${what} has no option '${name}': it has ${known.length === 0 ? 'none' : known.join(', ')}`,
      { details: { field: name } },
    );
  }
}

/**
 * Reads the options of a call of the API, each once. Throws SHALE_INVALID_ARGUMENT for what is no object, for options that
 * there are not, and for what cannot be read.
 */
export function readOptions<K extends string>(
  what: string,
  options: unknown,
  known: readonly K[],
): { readonly [P in K]?: unknown } {
  try {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new WalError('SHALE_INVALID_ARGUMENT', `${what} takes an object of options`);
    }
    refuseStray(what, options, known);
    const given: { readonly [P in K]?: unknown } = options;
    const read: { [P in K]?: unknown } = {};
    for (const name of known) read[name] = given[name];
    return read;
  } catch (cause) {
    if (cause instanceof WalError) throw cause;
    throw new WalError('SHALE_INVALID_ARGUMENT', `the options of ${what} cannot be read`, { cause });
  }
}

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

import { mustBe, type WalError } from '@shale/codec';
import { fromCaller } from './caller-error.js';
import { invalid } from './refusal.js';

/**
 * Reads the options of a call, each once, so that the checked value is the used one. Runs the getters of the caller, if
 * there are any. Throws SHALE_INVALID_ARGUMENT for anything but an object, for an option that is not among `known`
 * (a misspelt one would pass in silence), and for a getter that throws.
 */
export function readBag<K extends string>(
  call: string,
  bag: unknown,
  known: readonly K[],
): { readonly [P in K]?: unknown } {
  if (typeof bag !== 'object' || bag === null) throw noBag(call, bag);
  try {
    if (Array.isArray(bag)) throw noBag(call, bag);
    for (const name in bag) if (!isOneOf(known, name)) refuseUnknown(call, name, known);
    const read: { [P in K]?: unknown } = {};
    const given: { readonly [P in K]?: unknown } = bag;
    for (const name of known) read[name] = given[name];
    return read;
  } catch (cause) {
    throw fromCaller('options', `the options of ${call} cannot be read`, cause);
  }
}

function noBag(call: string, bag: unknown): WalError {
  return mustBe('options', 'an object', bag, `the options of ${call}`);
}

function isOneOf<K extends string>(known: readonly K[], name: string): name is K {
  return (known as readonly string[]).includes(name);
}

function refuseUnknown(call: string, name: string, known: readonly string[]): void {
  // Properties that an application has added to Object.prototype are not options.
  if (name in Object.prototype) return;
  const near = known.find((each) => distance(each.toLowerCase(), name.toLowerCase()) <= 2);
  const guess = near === undefined ? '' : `; did you mean '${near}'?`;
  const all = known.length === 0 ? 'no options' : known.join(', ');
  throw invalid(name, `${call} has no option '${name}': it has ${all}${guess}`);
}

/** The edit distance of two words, swapped neighbours counting once; 3 for any that is larger. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + same,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 3;
}

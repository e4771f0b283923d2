import { mustBe } from '@shale/codec';
import { readBag } from '@shale/storage';

/** What giving back space in the background has to be worth, and how fast it goes. */
export interface ReclaimPolicy {
  /**
   * How many bytes of trimmed entries there must be for each byte that a compaction reads, for the compaction to be
   * done. Less gives back more, and rewrites more for it.
   *
   * @range more than 0, up to 1
   * @defaultValue 0.5
   */
  readonly minRatio?: number;
  /**
   * Bytes that such compactions read a second at most, on average.
   *
   * @range 2^20 and more
   * @defaultValue no limit
   */
  readonly maxBytesPerSecond?: number;
}

/** Checks the option `reclaim`. Throws SHALE_INVALID_ARGUMENT. */
export function toReclaimOption(given: unknown): 'auto' | 'off' | ReclaimPolicy {
  if (given === 'off' || given === 'auto') return given;
  if (typeof given !== 'object' || given === null) {
    throw mustBe('reclaim', "'auto', 'off' or an object", given);
  }
  const { minRatio, maxBytesPerSecond } = readBag('reclaim', given, ['minRatio', 'maxBytesPerSecond']);
  const ratio = toNumber('minRatio', minRatio, 'a number above 0, up to 1', (n) => n > 0 && n <= 1);
  const rate = toNumber('maxBytesPerSecond', maxBytesPerSecond, 'a number from 2^20 on', (n) => n >= 2 ** 20);
  return {
    ...(ratio === undefined ? {} : { minRatio: ratio }),
    ...(rate === undefined ? {} : { maxBytesPerSecond: rate }),
  };
}

/** What giving back space has to be worth; null: it is off. */
export function worthOf(option: 'auto' | 'off' | ReclaimPolicy): Required<ReclaimPolicy> | null {
  if (option === 'off') return null;
  const { minRatio = 0.5, maxBytesPerSecond = Number.POSITIVE_INFINITY } = option === 'auto' ? {} : option;
  return { minRatio, maxBytesPerSecond };
}

function toNumber(
  name: string,
  given: unknown,
  range: string,
  accepts: (given: number) => boolean,
): number | undefined {
  if (given === undefined || (typeof given === 'number' && accepts(given))) return given;
  throw mustBe(name, range, given);
}

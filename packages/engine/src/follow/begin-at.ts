import { WalError } from '@shale/codec';
import { requirePosition, type TablePlace } from '@shale/storage';
import type { FollowGap } from './cursor.js';
import type { From } from './follow-options.js';

/** Where a follow begins in a table. */
export interface Beginning {
  /** The sequence to come next; null for the first that the table gets. */
  readonly next: bigint | null;
  /** What is missing before it. */
  readonly gap: FollowGap | null;
}

/**
 * Where to begin in a table. Throws SHALE_AHEAD, and SHALE_TRIMMED unless what was trimmed is to be told as a gap.
 *
 * @param ends the first and last sequence of the table, 0n for none
 */
export function beginAt(
  from: From,
  { first, last }: { readonly first: bigint; readonly last: bigint },
  place: TablePlace,
  tellsGap: boolean,
): Beginning {
  const isNew = last === 0n;
  if (from === 'start') return { next: isNew ? null : first, gap: null };
  if (from === 'end') return { next: isNew ? null : last + 1n, gap: null };
  const next = from.after + 1n;
  try {
    requirePosition({ first: isNew ? 1n : first, next: last + 1n }, { from: next }, place);
  } catch (error) {
    const isTrimmed = error instanceof WalError && error.code === 'SHALE_TRIMMED';
    if (!isTrimmed || !tellsGap) throw error;
    return { next: first, gap: { expected: next, first } };
  }
  return { next: isNew ? null : next, gap: null };
}

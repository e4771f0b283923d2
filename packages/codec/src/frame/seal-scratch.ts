/** Words that stay allocated between frames; a larger frame gets words of its own. */
const KEPT_WORDS = 64 * 1024;

let kept: Uint32Array<ArrayBuffer> | undefined;

/** What a writer has written, in the order of the frame. Valid until the next call. */
interface SortedOut {
  readonly lengths: Uint8Array;
  readonly appends: Uint8Array;
}

/**
 * Sorts what AppendFrameWriter wrote downwards from the end of `words` (table, count, flags and lengths of one
 * append after another) into lengths and appends. The scratch holds nothing between two calls, so all writers of a
 * thread can share it.
 */
function sortOut(words: Uint32Array, entryCount: number, appendCount: number): SortedOut {
  const needed = entryCount + 3 * appendCount;
  const scratch = scratchOf(needed);
  let from = words.length;
  let lengthAt = 0;
  let appendAt = entryCount;
  for (let append = 0; append < appendCount; append++) {
    const table = words[--from] ?? 0;
    const count = words[--from] ?? 0;
    const flags = words[--from] ?? 0;
    scratch[appendAt++] = table;
    scratch[appendAt++] = count;
    scratch[appendAt++] = flags;
    for (let entry = 0; entry < count; entry++) scratch[lengthAt++] = words[--from] ?? 0;
  }
  return {
    lengths: new Uint8Array(scratch.buffer, 0, entryCount * 4),
    appends: new Uint8Array(scratch.buffer, entryCount * 4, appendCount * 12),
  };
}

function scratchOf(words: number): Uint32Array<ArrayBuffer> {
  if (words > KEPT_WORDS) return new Uint32Array(words);
  kept ??= new Uint32Array(KEPT_WORDS);
  return kept;
}

export const SealScratch: { readonly sortOut: typeof sortOut } = { sortOut };

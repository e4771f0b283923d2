import { APPEND_DROPS, APPEND_TRIMS, APPEND_WORDS, type AppendFrame } from '@shale/codec';
import type { CommitResult } from '@shale/storage';

/** What a frame has of what cannot be told from its sizes. */
export interface FrameContents {
  readonly trims: number;
  readonly drops: number;
}

/** Looks through the appends of a frame for trims and drops. */
export function contentsOf({ appends }: AppendFrame): FrameContents {
  let trims = 0;
  let drops = 0;
  for (let at = 2; at < appends.length; at += APPEND_WORDS) {
    if (appends[at] === APPEND_TRIMS) trims++;
    else if (appends[at] === APPEND_DROPS) drops++;
  }
  return { trims, drops };
}

/** One frame that does what all of these do, one after the other, and is on stable storage if one of them has to be. */
export function mergeFrames(frames: readonly AppendFrame[]): AppendFrame {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) return only;
  const sum = (of: (frame: AppendFrame) => number): number =>
    frames.reduce((total, frame) => total + of(frame), 0);
  const data = new Uint8Array(sum((frame) => frame.data.length));
  const lengths = new Uint8Array(sum((frame) => frame.lengths.length));
  const appends = new Uint32Array(sum((frame) => frame.appends.length));
  const tables = new Uint8Array(sum((frame) => frame.tables.length));
  const expects = new BigUint64Array(sum((frame) => frame.expects.length));
  const ids = new Uint8Array(sum((frame) => frame.ids.length));
  const at = { data: 0, lengths: 0, appends: 0, tables: 0, expects: 0, ids: 0, table: 0 };
  for (const frame of frames) {
    data.set(frame.data, at.data);
    lengths.set(frame.lengths, at.lengths);
    tables.set(frame.tables, at.tables);
    expects.set(frame.expects, at.expects);
    ids.set(frame.ids, at.ids);
    appends.set(frame.appends, at.appends);
    for (let i = 0; i < frame.appends.length; i += APPEND_WORDS) {
      appends[at.appends + i] = (frame.appends[i] ?? 0) + at.table;
    }
    at.data += frame.data.length;
    at.lengths += frame.lengths.length;
    at.appends += frame.appends.length;
    at.tables += frame.tables.length;
    at.expects += frame.expects.length;
    at.ids += frame.ids.length;
    at.table += frame.tableCount;
  }
  return {
    data,
    lengths,
    entryCount: sum((frame) => frame.entryCount),
    appends,
    appendCount: sum((frame) => frame.appendCount),
    tables,
    tableCount: at.table,
    expects,
    ids,
    sync: frames.some((frame) => frame.sync),
  };
}

/** Gives each of the frames that were merged its part of the result. */
export function splitResult(
  { firsts, trims, repeats, errors }: CommitResult,
  parts: readonly { readonly frame: AppendFrame; readonly contents: FrameContents }[],
): CommitResult[] {
  let append = 0;
  let trim = 0;
  return parts.map(({ frame, contents }) => {
    const from = append;
    const trimFrom = trim;
    append += frame.appendCount;
    trim += contents.trims * 2;
    return {
      firsts: firsts.slice(from, append),
      trims: trims.slice(trimFrom, trim),
      repeats: repeatsOf(repeats, from, append),
      errors: errors
        .filter((error) => error.append >= from && error.append < append)
        .map((error) => ({ append: error.append - from, error: error.error })),
    };
  });
}

/** Those of the appends from `from` to before `to`, by their indexes from there. */
function repeatsOf(repeats: Uint32Array, from: number, to: number): Uint32Array {
  const found: number[] = [];
  for (let i = 0; i < repeats.length; i += 2) {
    const append = repeats[i] ?? 0;
    if (append >= from && append < to) found.push(append - from, repeats[i + 1] ?? 0);
  }
  return Uint32Array.from(found);
}

import { type KeyRange, logKey, type TableId, tableRange } from '@shale/codec';
import { nativeAsync } from '../errors.js';
import type { TableHome } from '../tables/table-state.js';

/** Into so many pieces of sequences a table is divided to find where its last bytes begin, and one of these again. */
const PIECES = 16;

/** A table that may hold more bytes than it is to keep. */
export interface ByteBound {
  readonly id: TableId;
  readonly first: bigint;
  readonly last: bigint;
  readonly bytes: number;
}

/** About how many bytes each table takes, in table files and in memory. */
export async function tableBytes(home: TableHome, ids: readonly TableId[]): Promise<Float64Array> {
  return await sizesOf(
    home,
    ids.map((id) => tableRange(home.instance, id)),
  );
}

/**
 * Up to where a table can be trimmed so that about so many bytes are left, or a little more; 0n for not at all. What is
 * written meanwhile stays.
 */
export async function byteCut(home: TableHome, { id, first, last, bytes }: ByteBound): Promise<bigint> {
  let from = first;
  let to = last;
  let behind = 0;
  for (;;) {
    const pieces = divided(from, to);
    const sizes = await sizesOf(
      home,
      pieces.map((piece) => sequences(home.instance, id, piece)),
    );
    // From the end on: the first piece that is not needed any more has the cut in it.
    let at = pieces.length - 1;
    while (at >= 0 && behind + (sizes[at] ?? 0) < bytes) behind += sizes[at--] ?? 0;
    const piece = pieces[at];
    if (piece === undefined) return 0n;
    if (piece.from === piece.to || from !== first || to !== last) return piece.from - 1n;
    from = piece.from;
    to = piece.to;
  }
}

interface Piece {
  readonly from: bigint;
  readonly to: bigint;
}

function divided(from: bigint, to: bigint): Piece[] {
  const count = to - from + 1n;
  const parts = count < BigInt(PIECES) ? count : BigInt(PIECES);
  return Array.from({ length: Number(parts) }, (_, i) => ({
    from: from + (count * BigInt(i)) / parts,
    to: from + (count * BigInt(i + 1)) / parts - 1n,
  }));
}

function sequences(instance: number, id: TableId, { from, to }: Piece): KeyRange {
  const lower = logKey({ instance, ...id }, from);
  const upper = new Uint8Array(lower.length + 1);
  upper.set(logKey({ instance, ...id }, to));
  return { lower, upper };
}

async function sizesOf({ db, path }: TableHome, ranges: readonly KeyRange[]): Promise<Float64Array> {
  const asked = ranges.map(({ lower, upper }) => [lower, upper] as const);
  return await nativeAsync({ path }, () => db.approximateSizes(asked, { memory: true }));
}

import type { ReadRange } from '@shale/engine';
import { CliError } from '../cli-error.js';

/** A range while it is made. */
type Bounds = { -readonly [P in keyof ReadRange]: ReadRange[P] };

/** The options of `shale read` that choose entries. */
export interface BoundOptions {
  readonly gte?: bigint;
  readonly gt?: bigint;
  readonly lte?: bigint;
  readonly lt?: bigint;
  readonly from?: bigint;
  readonly to?: bigint;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly last?: bigint;
  readonly limit?: number;
}

/** Turns the options into bounds; `lastSequence` is asked only for `--last`. */
export async function toBounds(
  options: BoundOptions,
  lastSequence: () => Promise<bigint>,
): Promise<ReadRange> {
  const { gte, gt, lt, from, since, last, limit } = options;
  if (options.lte !== undefined && options.to !== undefined)
    throw new CliError('CLI_USAGE', 'at most one of --lte and --to makes sense');
  const lte = options.lte ?? options.to;
  const lower = Number(gte !== undefined) + Number(gt !== undefined) + Number(from !== undefined);
  if (lower > 1) throw new CliError('CLI_USAGE', 'at most one of --gte, --gt and --from makes sense');
  if (lte !== undefined && lt !== undefined)
    throw new CliError('CLI_USAGE', 'at most one of --lte and --lt makes sense');
  const bounds: Bounds = {};
  if (limit !== undefined) bounds.limit = limit;
  if (last !== undefined) {
    if (lower > 0 || since !== undefined || lte !== undefined || lt !== undefined) {
      throw new CliError('CLI_USAGE', '--last counts from the end of the table and takes no bounds');
    }
    const end = await lastSequence();
    bounds.gte = end >= last ? end - last + 1n : 0n;
    bounds.lte = end;
    return bounds;
  }
  if (since !== undefined) bounds.since = since;
  if (gt !== undefined) bounds.gt = gt;
  const start = gte ?? from;
  if (start !== undefined) bounds.gte = start;
  if (lte !== undefined) bounds.lte = lte;
  if (lt !== undefined) bounds.lt = lt;
  return bounds;
}

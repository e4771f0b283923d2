import { type OverArrayBuffer, WalError } from '@shale/codec';
import { TABLE_STATE_STRIDE } from '@shale/storage';
import type { ShardResults, ShardTasks } from '../shard/protocol.js';
import type { OnLoss, Shard } from '../shard/shard.js';
import type { Address } from '../table-ref.js';

/** A shard, as far as a write over several of them is concerned. */
export interface Lender {
  readonly index: number;
  request<K extends 'lend' | 'takeBack'>(task: ShardTasks[K], onLoss: OnLoss): Promise<ShardResults[K]>;
  joint(task: ShardTasks['joint']): Promise<ShardResults['joint']>;
}

/** Tables of one shard. */
export interface ShardTables<S extends Lender = Lender> {
  readonly shard: S;
  /** Region, table; and so on. */
  readonly ids: OverArrayBuffer<BigUint64Array>;
}

interface Lent extends ShardTables {
  readonly states: OverArrayBuffer<BigUint64Array>;
}

/** How often a write is tried when threads that lend to it die. Each of them is replaced. */
const MOST_ATTEMPTS = 16;

/** Where loans come from. */
export interface Loans {
  /** A new loan, by its number. */
  openLoan(): bigint | Promise<bigint>;
  /** Ends a loan that no write uses. */
  endLoan(loan: bigint): void;
}

/** The tables by shard, in the order in which every writer asks the shards: so that no two wait for each other. */
export function byShard(addresses: Iterable<Address>, shards: readonly Shard[]): ShardTables<Shard>[] {
  const lists: bigint[][] = shards.map(() => []);
  for (const { shard, id } of addresses) lists[shard]?.push(id.region, id.table);
  const result: ShardTables<Shard>[] = [];
  for (const shard of shards) {
    const ids = lists[shard.index] ?? [];
    if (ids.length > 0) result.push({ shard, ids: BigUint64Array.from(ids) });
  }
  return result;
}

/**
 * Writes a frame over tables of several shards, as one batch of the last of them, to which the others lend theirs:
 *
 *   lend ──► lend ──► ... ──► write ──► take back, each        the write is in, or was refused
 *                                └────► find out, each         the thread that wrote has died
 *
 * A thread that dies when it is asked to lend, or after it has lent, voids the loan, so nothing was written, and the
 * write begins again with its successor. Returns the reply; by then every shard has been told what to take back, before
 * anything that is sent to it afterwards. Rejects with WalError: SHALE_OUTCOME_UNKNOWN when the
 * write may be in.
 */
export async function commitJointly(
  loans: Loans,
  tables: readonly ShardTables[],
  frame: Uint8Array,
): Promise<Uint8Array> {
  const others = tables.slice(0, -1);
  const writer = tables.at(-1)?.shard;
  if (writer === undefined) throw new WalError('SHALE_INTERNAL', 'a joint write has no tables');
  let message = frame;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const loan = await loans.openLoan();
    const lent = await lendAll(loans, loan, others);
    if (lent === null) continue;
    const states = joined(lent);
    let result: Awaited<ReturnType<typeof writer.joint>>;
    try {
      result = await writer.joint({ kind: 'joint', loan, states, frame: message });
    } catch (error) {
      const isUnknown = isOutcomeUnknown(error);
      for (const { shard, states } of lent) takeBack(shard, loan, isUnknown ? null : states);
      // It may have been refused before the loan was used. If its user died, the lenders wait for the loan to end.
      if (!isUnknown) loans.endLoan(loan);
      throw error;
    }
    message = result.message;
    giveBack(loan, lent, result.states);
    if (result.states !== null) return message;
  }
  throw new WalError(
    'SHALE_INTERNAL',
    `threads died ${MOST_ATTEMPTS} times before a write over their tables: nothing was written`,
  );
}

/** Has the shards lend their tables, one after the other; null when a thread died that did, or was to. */
async function lendAll(loans: Loans, loan: bigint, tables: readonly ShardTables[]): Promise<Lent[] | null> {
  const lent: Lent[] = [];
  const giveUp = (): null => {
    giveBack(loan, lent, null);
    // No write was asked for with it.
    loans.endLoan(loan);
    return null;
  };
  try {
    for (const { shard, ids } of tables) {
      const states = await shard.request<'lend'>({ kind: 'lend', loan, ids }, 'fail');
      if (states === null) return giveUp();
      lent.push({ shard, ids, states: states as OverArrayBuffer<BigUint64Array> });
    }
  } catch (error) {
    giveUp();
    if (isOutcomeUnknown(error)) return null;
    throw error;
  }
  return lent;
}

function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof WalError && error.code === 'SHALE_OUTCOME_UNKNOWN';
}

/** Gives every shard its part of `states`; what it has lent when there is none. */
function giveBack(loan: bigint, lent: readonly Lent[], states: BigUint64Array | null): void {
  let at = 0;
  for (const { shard, ids, states: before } of lent) {
    const length = (ids.length / 2) * TABLE_STATE_STRIDE;
    takeBack(shard, loan, states === null ? before : states.slice(at, at + length));
    at += length;
  }
}

function takeBack(shard: Lender, loan: bigint, states: BigUint64Array | null): void {
  // A thread that dies before it takes them back is followed by one that recovers them.
  shard.request<'takeBack'>({ kind: 'takeBack', loan, states }, 'fail').catch(() => undefined);
}

function joined(lent: readonly Lent[]): OverArrayBuffer<BigUint64Array> {
  const all = new BigUint64Array(lent.reduce((sum, { states }) => sum + states.length, 0));
  let at = 0;
  for (const { states } of lent) {
    all.set(states, at);
    at += states.length;
  }
  return all;
}

import type { Table, Wal } from '@shale/engine';
import { Chain } from './chain.js';
import type { Acknowledged } from './ledger.js';

/** What reading everything back came to. */
export interface Replay {
  /** Entries that had been acknowledged, and are there with the same content. */
  readonly acknowledged: bigint;
  /** Entries after them: on their way when the writer was killed, and whole. */
  readonly further: bigint;
  /** What is not as it was acknowledged, in words. */
  readonly problems: readonly string[];
}

/** Tables read at a time. */
const AT_A_TIME = 4;

/** Reads every table from its beginning and compares it with what was acknowledged. */
export async function replay(wal: Wal, tables: readonly Acknowledged[]): Promise<Replay> {
  const problems: string[] = [];
  let acknowledged = 0n;
  let further = 0n;
  const waiting = [...tables];
  const reader = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const result = await replayTable(wal.table(next.name), next);
      if (result.problem !== undefined) problems.push(result.problem);
      else acknowledged += next.last;
      further += result.further;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, reader));
  return { acknowledged, further, problems };
}

async function replayTable(
  table: Table,
  { name, last, chain }: Acknowledged,
): Promise<{ problem?: string; further: bigint }> {
  const found = new Chain();
  let expected = 1n;
  let digest = '';
  for await (const chunk of table.read().chunks()) {
    for (let i = 0; i < chunk.length; i += 1) {
      if (chunk.sequenceAt(i) !== expected) {
        return { problem: `${name}: entry ${expected} is missing`, further: 0n };
      }
      if (expected <= last) found.add(chunk.payloadAt(i));
      if (expected === last) digest = found.digest();
      expected += 1n;
    }
  }
  const end = expected - 1n;
  if (end < last) return { problem: `${name}: ends at ${end}, but ${last} was acknowledged`, further: 0n };
  if (digest !== chain)
    return { problem: `${name}: the entries are not those that were acknowledged`, further: end - last };
  return { further: end - last };
}

import { FIRST_NAMED_TABLE, isNamedTable } from '@shale/codec';

/**
 * Which shard owns a table. Nothing on disk depends on it: only that, while a WAL is open, one table is always
 * written by the same thread. Regions and tables are usually small and dense, so every bit is mixed well.
 */

/** How tables are spread over the shards. */
export type ShardBy = 'table' | 'region';

const ids = new BigUint64Array(2);
const words = new Uint32Array(ids.buffer);

/** The shard, from 0 to `shards - 1`, of a table. */
export function shardOf(region: bigint, table: bigint, shards: number, by: ShardBy): number {
  if (shards === 1) return 0;
  // Names are all of one region, and are given ids in a row: each shard in turn.
  if (isNamedTable({ region, table })) return Number((table - FIRST_NAMED_TABLE) % BigInt(shards));
  ids[0] = region;
  ids[1] = by === 'region' ? 0n : table;
  let hash = 0x9747b28c;
  for (let i = 0; i < 4; i++) hash = mix(hash, words[i] ?? 0);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) % shards;
}

/** One round of MurmurHash3 over 32 bits. */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const mixed = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

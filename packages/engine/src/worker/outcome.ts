import type { ShardResults, ShardTaskKind } from '../shard/protocol.js';

/** What a task came to, and the buffers that go back with it. */
export interface Outcome {
  readonly value: ShardResults[ShardTaskKind];
  readonly transfer: readonly ArrayBuffer[];
}

import { WalError } from '@shale/codec';
import type { Lender } from '../joint/joint-commit.js';
import { ShardCells } from '../metrics/shard-cells.js';
import type { PortLine } from '../shard/port-line.js';
import type { ShardResults, ShardTaskKind, ShardTasks } from '../shard/protocol.js';
import { TaskFailed } from '../shard/shard-line.js';
import type { Untold } from './untold.js';

/** A line of another process to a shard. */
export interface GatewayLine {
  readonly channel: number;
  readonly shard: number;
  readonly line: PortLine;
  readonly cells: ShardCells;
  /** What was done to tables while it did not read. */
  readonly untold: Untold;
}

/** The lines of another process to the shards, by their channels. */
export class GatewayLines {
  readonly #byChannel = new Map<number, GatewayLine>();
  #waiting: (() => void)[] = [];
  #isOver = false;

  /** Memory of a line that the thread of the shard writes. */
  static cells(): SharedArrayBuffer {
    return ShardCells.memory();
  }

  /** What the thread notes in such memory. */
  static view(memory: SharedArrayBuffer): ShardCells {
    return new ShardCells(memory);
  }

  add(line: GatewayLine): void {
    this.#byChannel.set(line.channel, line);
    for (const call of this.#waiting.splice(0)) call();
  }

  [Symbol.iterator](): Iterator<GatewayLine> {
    return this.#byChannel.values();
  }

  get(channel: number): GatewayLine | undefined {
    return this.#byChannel.get(channel);
  }

  delete(channel: number): void {
    this.#byChannel.delete(channel);
  }

  /** Whether there is a line to a shard already. */
  has(shard: number): boolean {
    return this.#of(shard) !== undefined;
  }

  /** Resolves when there are lines to all of these shards. Rejects with SHALE_CLOSED when there will not be. */
  async whenAll(shards: readonly number[]): Promise<void> {
    while (!shards.every((shard) => this.has(shard))) {
      if (this.#isOver) throw new WalError('SHALE_CLOSED', 'the process that uses the WAL has gone');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A shard, as a write over several of them sees it: what is sent to it stays in order with the frames before. */
  lender(shard: number): Lender {
    const ask = async <K extends ShardTaskKind>(
      task: ShardTasks[K],
      transfer: readonly ArrayBuffer[] = [],
    ): Promise<ShardResults[K]> => {
      const line = this.#of(shard);
      if (line === undefined) throw lostLine(null);
      try {
        return await line.line.run<K>(task, transfer);
      } catch (error) {
        throw error instanceof TaskFailed ? error.error : lostLine(error);
      }
    };
    return {
      index: shard,
      request: async (task) => await ask(task),
      joint: async (task) => await ask<'joint'>(task, [task.frame.buffer as ArrayBuffer]),
    };
  }

  /** The other process has gone: there will be no more of them. */
  giveUp(): void {
    this.#isOver = true;
    for (const call of this.#waiting.splice(0)) call();
  }

  /** Ends them all. */
  async end(): Promise<void> {
    const lines = [...this.#byChannel.values()];
    this.#byChannel.clear();
    await Promise.all(lines.map(({ line }) => line.end()));
  }

  #of(shard: number): GatewayLine | undefined {
    for (const line of this.#byChannel.values()) if (line.shard === shard && !line.line.isGone) return line;
    return undefined;
  }
}

function lostLine(cause: unknown): WalError {
  return new WalError(
    'SHALE_OUTCOME_UNKNOWN',
    'the thread of the shard died before it answered: the write may or may not be in',
    { cause },
  );
}

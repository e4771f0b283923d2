import type { Store, StoreDriver } from '@shale/bench-kit';
import { rivalVersion } from './load.js';
import { asBuffer } from './log-key.js';
import { type RedisClient, redisVersion, startRedis } from './redis-server.js';
import type { Server } from './server.js';

const FIELD = 'p';
/** Entries of a page of a scan. */
const PAGE = 1000;

class RedisStreams implements Store {
  readonly #server: Server;
  readonly #client: RedisClient;
  readonly #next: number[];

  constructor(server: Server, client: RedisClient, next: number[]) {
    this.#server = server;
    this.#client = client;
    this.#next = next;
  }

  async append(table: number, payloads: readonly Uint8Array[]): Promise<unknown> {
    const first = this.#next[table] ?? 1;
    this.#next[table] = first + payloads.length;
    const add = <T>(
      to: { xadd(...args: [string, string, string, Buffer]): T },
      payload: Uint8Array,
      i: number,
    ): T => to.xadd(keyOf(table), `${first + i}-0`, FIELD, asBuffer(payload));
    const [payload] = payloads;
    if (payloads.length === 1 && payload !== undefined) return await add(this.#client, payload, 0);
    const transaction = this.#client.multi();
    for (const [i, each] of payloads.entries()) add(transaction, each, i);
    for (const [error] of await transaction.exec()) if (error !== null) throw error;
    return;
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    let count = 0;
    for (let page = PAGE; page === PAGE && count < limit; ) {
      const wanted = Math.min(PAGE, limit - count);
      const entries = await this.#client.xrangeBuffer(
        keyOf(table),
        `${from + count}-0`,
        '+',
        'COUNT',
        wanted,
      );
      for (const [, [, payload]] of entries) if (payload !== undefined) visit(payload);
      page = entries.length;
      count += page;
    }
    return count;
  }

  trim(table: number, upTo: number): Promise<unknown> {
    return this.#client.xtrim(keyOf(table), 'MINID', `${upTo + 1}-0`);
  }

  async close(): Promise<void> {
    this.#client.disconnect();
    await this.#server.stop();
  }
}

const keyOf = (table: number): string => `t${table}`;

/** Redis with a stream for each table, over a Unix socket. All of it is in memory, too. */
export const driver: StoreDriver = {
  name: 'redis-streams',
  tunedBy:
    'Redis persistence: append-only file, appendfsync always, or everysec for os; MULTI for a batch; no snapshots',
  durabilities: ['sync', 'os'],
  isServer: true,
  version: () => `${redisVersion()}, ioredis ${rivalVersion('ioredis')}`,
  open: async (directory, { durability, tables }) => {
    const { server, client } = await startRedis(directory, durability === 'sync');
    const next: number[] = [];
    for (let table = 0; table < tables; table++) {
      const [last] = await client.xrevrangeBuffer(keyOf(table), '+', '-', 'COUNT', 1);
      next.push(last === undefined ? 1 : Number.parseInt(last[0].toString(), 10) + 1);
    }
    return new RedisStreams(server, client, next);
  },
};

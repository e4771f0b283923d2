import type { StoreDriver } from '@shale/bench-kit';
import { rivalVersion } from './load.js';
import { asBuffer } from './log-key.js';
import { type RedisClient, redisVersion, startRedis } from './redis-server.js';
import type { Server } from './server.js';
import { type LogServer, ServerLog } from './server-log.js';

const FIELD = 'p';
const keyOf = (table: number): string => `t${table}`;

const sequenceOf = (id: Buffer): number => Number.parseInt(id.toString(), 10);

function logIn(server: Server, client: RedisClient): LogServer {
  return {
    server,
    insert: async (table, first, payloads) => {
      const [payload] = payloads;
      const key = keyOf(table);
      if (payloads.length === 1 && payload !== undefined) {
        return await client.xadd(key, `${first}-0`, FIELD, asBuffer(payload));
      }
      const transaction = client.multi();
      payloads.forEach((each, i) => {
        transaction.xadd(key, `${first + i}-0`, FIELD, asBuffer(each));
      });
      for (const [error] of await transaction.exec()) if (error !== null) throw error;
      return;
    },
    page: async (table, from, count) => {
      const entries = await client.xrangeBuffer(keyOf(table), `${from}-0`, '+', 'COUNT', count);
      const last = entries.at(-1);
      if (last === undefined) return null;
      return { payloads: entries.flatMap(([, [, payload]]) => payload ?? []), last: sequenceOf(last[0]) };
    },
    trim: (table, upTo) => client.xtrim(keyOf(table), 'MINID', `${upTo + 1}-0`),
    disconnect: async () => client.disconnect(),
  };
}

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
      next.push(last === undefined ? 1 : sequenceOf(last[0]) + 1);
    }
    return new ServerLog(logIn(server, client), next);
  },
};

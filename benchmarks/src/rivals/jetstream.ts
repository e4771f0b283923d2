import type { StoreDriver } from '@shale/bench-kit';
import { rivalVersion } from './load.js';
import { MOST_OF_BATCH, publish } from './nats-batch.js';
import { type JetStreamManager, type NatsConnection, natsVersion, startNats } from './nats-server.js';
import { type LogServer, ServerLog } from './server-log.js';

const nameOf = (table: number): string => `t${table}`;

/** What is said of a sequence behind the last one. */
function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}

function logIn(connection: NatsConnection, manager: JetStreamManager): Omit<LogServer, 'server'> {
  let batches = 0;
  return {
    insert: async (table, _first, payloads) => {
      const parts: Promise<void>[] = [];
      for (let at = 0; at < payloads.length; at += MOST_OF_BATCH) {
        const part = payloads.slice(at, at + MOST_OF_BATCH);
        parts.push(publish(connection, nameOf(table), part, `${batches++}`));
      }
      await Promise.all(parts);
    },
    page: async (table, from, count) => {
      const payloads: Uint8Array[] = [];
      let last = 0;
      try {
        for await (const { seq, data } of await manager.direct.getBatch(nameOf(table), {
          seq: from,
          batch: count,
        })) {
          payloads.push(data);
          last = seq;
        }
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return last === 0 ? null : { payloads, last };
    },
    trim: (table, upTo) => manager.streams.purge(nameOf(table), { seq: upTo + 1 }),
    disconnect: () => connection.close(),
  };
}

/** NATS JetStream, one node with a stream for each table, over loopback. */
export const driver: StoreDriver = {
  name: 'jetstream',
  tunedBy:
    'NATS: sync_interval always, or the default of two minutes for os; atomic batches of up to 1,000, direct gets',
  durabilities: ['sync', 'os'],
  isServer: true,
  version: () => `${natsVersion()}, @nats-io/jetstream ${rivalVersion('@nats-io/jetstream')}`,
  open: async (directory, { durability, tables }) => {
    const { server, connection, manager } = await startNats(directory, durability === 'sync');
    const next: number[] = [];
    for (let table = 0; table < tables; table++) {
      const { state } = await manager.streams.add({
        name: nameOf(table),
        subjects: [nameOf(table)],
        storage: 'file',
        num_replicas: 1,
        discard: 'new',
        allow_atomic: true,
        allow_direct: true,
      });
      next.push(state.last_seq + 1);
    }
    return new ServerLog({ server, ...logIn(connection, manager) }, next);
  },
};

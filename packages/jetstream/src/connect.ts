import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { WalError } from '@shale/codec';
import { unavailable, unsupported } from './failures.js';
import type { ReplicaPlace } from './place.js';
import { Sockets } from './sockets.js';

/**
 * How to connect, as `@nats-io/transport-node` takes it: credentials, NKEYs and TLS among them. The servers are those of the
 * URL.
 */
export type ConnectionSettings = Omit<
  NodeConnectionOptions,
  'servers' | 'port' | 'reconnect' | 'maxReconnectAttempts' | 'waitOnFirstConnect'
>;

/** A connection to a replica. */
export interface Link {
  readonly place: ReplicaPlace;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  /** The most bytes of a message, its headers included. A connection that is lost does not know it. */
  readonly maxPayload: number;
}

const TIMEOUT_MS = 5000;
/** A server that is held says nothing: after two of these it counts as gone. */
const PING_MS = 5000;
const RECONNECT_MS = 250;
/** Messages that are smaller have little room beside their headers. */
const LEAST_PAYLOAD = 16 * 1024;

/** Connects, and stays connected whatever becomes of single servers. Rejects with SHALE_UNAVAILABLE. */
export async function openLink(place: ReplicaPlace, settings: ConnectionSettings = {}): Promise<Link> {
  const sockets = new Sockets();
  try {
    const connection = await sockets.run(() =>
      connect({
        timeout: TIMEOUT_MS,
        pingInterval: PING_MS,
        maxPingOut: 2,
        reconnectTimeWait: RECONNECT_MS,
        ...settings,
        servers: [...place.servers],
        maxReconnectAttempts: -1,
      }),
    );
    void connection.closed().then(() => sockets.end());
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS });
    const maxPayload = connection.info?.max_payload ?? 0;
    if (maxPayload < LEAST_PAYLOAD) {
      await connection.close();
      throw unsupported(
        place.url,
        `the servers take messages of ${maxPayload} bytes at most: set max_payload to ${LEAST_PAYLOAD} or more`,
      );
    }
    return { place, connection, manager, maxPayload };
  } catch (error) {
    sockets.end();
    throw error instanceof WalError ? error : unavailable(place.url, 'cannot be reached', error);
  }
}

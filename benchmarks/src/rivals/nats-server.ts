import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRival } from './load.js';
import { programVersion, Server } from './server.js';

/** Finds one that syncs what it acknowledges and takes atomic batches, or fetches it. */
const FINDER = fileURLToPath(new URL('../../../scripts/nats-server.mjs', import.meta.url));
let found: string | undefined;

interface Acknowledged {
  readonly data: Uint8Array;
}

interface Headers {
  set(name: string, value: string): void;
}

/** What is used of a connection. */
export interface NatsConnection {
  publish(subject: string, payload: Uint8Array, options: { readonly headers: Headers }): void;
  request(
    subject: string,
    payload: Uint8Array,
    options: { readonly timeout: number; readonly headers?: Headers },
  ): Promise<Acknowledged>;
  close(): Promise<void>;
}

interface Stream {
  readonly state: { readonly last_seq: number };
}

/** What is used of the manager of streams. */
export interface JetStreamManager {
  readonly streams: {
    add(config: object): Promise<Stream>;
    purge(name: string, options: { readonly seq: number }): Promise<unknown>;
  };
  readonly direct: {
    getBatch(
      name: string,
      options: { readonly seq: number; readonly batch: number },
    ): Promise<AsyncIterable<{ readonly seq: number; readonly data: Uint8Array }>>;
  };
}

interface Transport {
  connect(options: object): Promise<NatsConnection>;
  headers(): Headers;
}

interface JetStream {
  jetstreamManager(connection: NatsConnection): Promise<JetStreamManager>;
}

/** The version that is used; throws what to do when none can be had. */
export function natsVersion(): string {
  return programVersion(natsServer(), 'nats-server');
}

function natsServer(): string {
  if (found !== undefined) return found;
  const { status, stdout, stderr } = spawnSync(process.execPath, [FINDER], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim());
  found = stdout.trim();
  return found;
}

/** New headers of a message. */
export function natsHeaders(): Headers {
  return loadRival<Transport>('@nats-io/transport-node').headers();
}

/** Starts one node with its files in a directory, and connects to it. */
export async function startNats(
  directory: string,
  isSync: boolean,
): Promise<{ server: Server; connection: NatsConnection; manager: JetStreamManager }> {
  const config = join(directory, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:-1", ports_file_dir: ${JSON.stringify(directory)}
    jetstream { store_dir: ${JSON.stringify(directory)}, max_file_store: 1TB ${isSync ? ', sync_interval: always' : ''} }`,
  );
  const server = new Server({ command: natsServer(), args: ['--config', config] });
  const connection = await server.ready(() =>
    loadRival<Transport>('@nats-io/transport-node').connect({
      servers: addressIn(directory),
      reconnect: false,
    }),
  );
  const manager = await loadRival<JetStream>('@nats-io/jetstream').jetstreamManager(connection);
  return { server, connection, manager };
}

/** It says in a file which port it has. */
function addressIn(directory: string): string {
  const file = readdirSync(directory).find((name) => name.endsWith('.ports'));
  if (file === undefined) throw new Error('no port is known yet');
  const { nats }: { nats: readonly [string] } = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  return nats[0];
}

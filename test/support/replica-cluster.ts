import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NatsCluster } from '@shale/fault-kit';
import { afterAll } from 'vitest';
import { natsServer } from './nats-server.js';
import { temporaryOfFile } from './temporary.js';

/** A cluster for the tests of a file. */
export interface TestCluster {
  /** Whether a server can be had; what needs one is skipped otherwise. */
  readonly isMissing: boolean;
  /** The cluster, started by the first who asks. */
  get(): Promise<NatsCluster>;
  /** The URL of a replica that no other test has. */
  url(): Promise<string>;
}

/** Three nodes, or another number, that end with the file. */
export function testCluster(
  options: { readonly nodes?: number; readonly syncInterval?: string } = {},
): TestCluster {
  const server = natsServer();
  const directory = join(temporaryOfFile('cluster'), 'nodes');
  let started: Promise<NatsCluster> | undefined;
  let replicas = 0;
  const get = (): Promise<NatsCluster> => {
    if ('missing' in server) throw new Error(server.missing);
    mkdirSync(directory, { recursive: true });
    started ??= NatsCluster.start({ server: server.path, directory, ...options });
    return started;
  };
  afterAll(async () => {
    await (await started)?.end();
  });
  return {
    isMissing: 'missing' in server,
    get,
    url: async () => `${(await get()).url}/r${++replicas}`,
  };
}

import { join } from 'node:path';
import { loadRival } from './load.js';
import { programVersion, Server } from './server.js';

const COMMAND = 'redis-server';

type StreamEntry = [id: Buffer, fields: Buffer[]];

interface Transaction {
  xadd(key: string, id: string, field: string, payload: Buffer): Transaction;
  exec(): Promise<[error: Error | null, id: string][]>;
}

/** What is used of ioredis. */
export interface RedisClient {
  connect(): Promise<void>;
  disconnect(): void;
  on(event: 'error', listener: () => void): void;
  multi(): Transaction;
  xadd(key: string, id: string, field: string, payload: Buffer): Promise<string>;
  xrangeBuffer(
    key: string,
    start: string,
    end: string,
    count: 'COUNT',
    limit: number,
  ): Promise<StreamEntry[]>;
  xrevrangeBuffer(key: string, end: '+', start: '-', count: 'COUNT', limit: 1): Promise<StreamEntry[]>;
  xtrim(key: string, strategy: 'MINID', id: string): Promise<number>;
}

interface IoRedisModule {
  readonly Redis: new (options: object) => RedisClient;
}

/** The version that is installed; throws when none is. */
export function redisVersion(): string {
  return programVersion(COMMAND, COMMAND);
}

/** Starts Redis with its files and its socket in a directory, and connects to it. */
export async function startRedis(
  directory: string,
  isSync: boolean,
): Promise<{ readonly server: Server; readonly client: RedisClient }> {
  const path = join(directory, 'redis.sock');
  const files = ['--port', '0', '--unixsocket', path, '--dir', directory, '--save', ''];
  const appendOnly = ['--appendonly', 'yes', '--appendfsync', isSync ? 'always' : 'everysec'];
  const server = new Server({ command: COMMAND, args: [...files, ...appendOnly] });
  const { Redis } = loadRival<IoRedisModule>('ioredis');
  const client = await server.ready(async () => {
    const one = new Redis({ path, lazyConnect: true, retryStrategy: null });
    // What is asked of it fails, too.
    one.on('error', () => undefined);
    await one.connect();
    return one;
  });
  return { server, client };
}

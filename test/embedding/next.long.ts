// Next.js puts each route into a bundle of its own, and loads it again when something in it has changed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HANG_MS } from '../support/patience.js';
import { Application, environment } from './application.js';

const application = new Application();
let server: ChildProcess | undefined;
let port = 0;

/** The module of the application that opens the log, as it is written the nth time. */
function log(version: number): string {
  return `import { openWal } from '@shale/engine';
export const version = ${version};
export const wal = openWal('data', { shards: 1, reuse: true });
`;
}

const ROUTE = `import { version, wal } from '../../../lib/log.js';
export const dynamic = 'force-dynamic';
export async function GET() {
  const table = (await wal).table('t');
  return Response.json({ version, sequence: String(await table.append(Buffer.from('x'))) });
}
`;

interface Answer {
  readonly version: number;
  readonly sequence: string;
}

/** Asks a route until it answers in the version that is wanted: the server begins, and notices changes, in its time. */
async function ask(route: string, version: number): Promise<Answer> {
  const end = performance.now() + HANG_MS;
  for (;;) {
    const response = await fetch(`http://localhost:${port}/api/${route}`).catch(() => null);
    const text = (await response?.text()) ?? 'no answer';
    if (response?.ok) {
      const answer: Answer = JSON.parse(text);
      if (answer.version === version) return answer;
    }
    if (response?.status === 500 || performance.now() > end) throw new Error(text);
    await pause(100);
  }
}

beforeAll(async () => {
  application.write('next.config.mjs', "export default { serverExternalPackages: ['@shale/engine'] };");
  application.write(
    'app/layout.js',
    'export default ({ children }) => <html><body>{children}</body></html>;',
  );
  application.write('lib/log.js', log(1));
  for (const route of ['one', 'other']) application.write(`app/api/${route}/route.js`, ROUTE);
  await application.install('npm', 'next@15.5.29', 'react@19.2.0', 'react-dom@19.2.0');
  const free = createServer().listen(0);
  await once(free, 'listening');
  const address = free.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  free.close();
  server = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'dev', '-p', String(port)], {
    cwd: application.directory,
    env: { ...environment(), NEXT_TELEMETRY_DISABLED: '1' },
    stdio: 'ignore',
    detached: true,
  });
});

afterAll(async () => {
  if (server?.pid !== undefined) {
    const ended = once(server, 'exit');
    // The server has processes of its own.
    process.kill(-server.pid, 'SIGTERM');
    await ended;
  }
  application.remove();
});

test('routes share a log that says reuse: true, also when its module is loaded again', async () => {
  expect(await ask('one', 1)).toEqual({ version: 1, sequence: '1' });
  expect(await ask('other', 1)).toEqual({ version: 1, sequence: '2' });
  application.write('lib/log.js', log(2));
  const { sequence } = await ask('one', 2);
  expect(BigInt(sequence)).toBeGreaterThan(2n);
  expect(await ask('other', 2)).toEqual({ version: 2, sequence: String(BigInt(sequence) + 1n) });
});

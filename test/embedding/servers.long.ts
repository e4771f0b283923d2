// Development servers load a module again when it has changed, in the same process.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application } from './application.js';

const application = new Application();

const LOG = `import { openWal } from '@shale/engine';
export const wal = await openWal('data', { shards: 1, reuse: true });
`;

beforeAll(async () => {
  await application.install('npm', 'vite@6.4.6');
});

afterAll(() => application.remove());

test.each([
  ['without closing it', ''],
  ['closing it first', `import.meta.hot?.dispose(() => wal.close());`],
  // As a bundle for the server has it: another copy of Shale for each load.
  ['with Shale inside of it', `\n// inlined`],
])('Vite loads a module again that opens a log, %s', async (_, more) => {
  application.write('log.mjs', LOG + more);
  application.write(
    'server.mjs',
    `import { createServer } from 'vite';
import { utimesSync } from 'node:fs';
const server = await createServer({
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, ws: false, hmr: false },
  ssr: { ${more.includes('inlined') ? 'noExternal: true' : "external: ['@shale/engine']"} },
});
const one = await server.ssrLoadModule('/log.mjs');
await one.wal.table('t').append(Buffer.from('a'));
server.moduleGraph.invalidateAll();
const other = await server.ssrLoadModule('/log.mjs');
if (other.wal === one.wal) throw new Error('the module was not loaded again');
await other.wal.table('t').append(Buffer.from('b'));
await one.wal.close();
console.log('last ' + (await other.wal.table('t').append(Buffer.from('c'))));
await other.wal.close();
await server.close();
process.exit(0);`,
  );
  expect(await application.run(process.execPath, 'server.mjs')).toMatch(/^last \d+\n$/m);
});

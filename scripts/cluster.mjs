// `npm run cluster`: three servers of NATS JetStream on loopback, with the settings that replicas of Shale need, until it
// is interrupted. Options:
//
//   --port <first>       the port of the first node's clients; 4222. Those of the other nodes follow, their monitors have 4000
//                        more; 0 is for ports that are free
//   --directory <path>   where their files are, and stay; a temporary one, which is removed
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureNatsServer } from './lib/nats/server.mjs';
import { fail, SetupError, say } from './lib/say.mjs';
import { setup } from './setup.mjs';

/** What is left of 65535 for the ports of monitors. */
const MOST_PORT = 61000;

function readArguments() {
  const { values } = parseArgs({ options: { port: { type: 'string' }, directory: { type: 'string' } } });
  const port = Number(values.port ?? 4222);
  if (!Number.isInteger(port) || port < 0 || port > MOST_PORT) {
    throw new SetupError(`--port must be a number from 0 to ${MOST_PORT}, got ${values.port}`);
  }
  return { port, directory: values.directory };
}

try {
  const { port, directory } = readArguments();
  await setup();
  const server = await ensureNatsServer();
  const { NatsCluster } = await import('../packages/fault-kit/dist/index.js');
  const place = directory === undefined ? mkdtempSync(join(tmpdir(), 'shale-cluster-')) : resolve(directory);
  process.once('exit', () => {
    if (directory === undefined) rmSync(place, { recursive: true, force: true });
  });
  /** @type {Promise<string>} */
  const signal = new Promise((done) => {
    // A terminal sends it to npm, too, which sends it once more: the second one must not end what cleans up.
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => done(name));
  });
  const cluster = await NatsCluster.start({ server, directory: place, ...(port === 0 ? {} : { port }) });
  console.log(`cluster   ${cluster.url}`);
  for (const { name, url, monitor } of cluster.nodes)
    console.log(`${name}        ${url}   monitor ${monitor}`);
  say(`files in ${place}; Ctrl-C ends it`);
  await signal;
  await cluster.end();
  process.exit();
} catch (error) {
  fail(error);
}

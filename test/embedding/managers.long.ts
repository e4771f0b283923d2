// pm2 reloads a service while it writes: the new process waits for the log, and the old one ends by itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HANG_MS } from '../support/patience.js';
import { Application } from './application.js';

const application = new Application();

/** Says that it is up before it has the log, which the old process lets go of only then. */
const SERVICE = `import { openWal } from '@shale/engine';
import { appendFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

let ending = false;
// What it is asked for goes on for a while.
process.once('SIGINT', () => setTimeout(1_000).then(() => (ending = true)));
process.send?.('ready');
const wal = await openWal(process.argv[2], { shards: 1, waitForLock: 60_000 });
const table = wal.table('t');
while (!ending) {
  const sequence = await table.append(Buffer.from('entry'));
  appendFileSync(process.argv[2] + '.acknowledged', process.pid + ' ' + sequence + '\\n');
  await setTimeout(2);
}
await wal.close();
appendFileSync(process.argv[2] + '.acknowledged', process.pid + ' closed\\n');
process.exit(0);
`;

const COUNT = `import { openWal } from '@shale/engine';
const wal = await openWal(process.argv[2], { shards: 1 });
const table = wal.table('t');
console.log((await table.firstSequence()) + ' ' + (await table.lastSequence()));
await wal.close();
`;

/** pm2's daemon keeps its files in the application. */
const pm2 = (...args: string[]) =>
  application.run('env', `PM2_HOME=${join(application.directory, 'pm2')}`, 'node_modules/.bin/pm2', ...args);

beforeAll(async () => {
  await application.install('npm', 'pm2@7.0.4');
  application.write('service.mjs', SERVICE);
  application.write('count.mjs', COUNT);
});

afterAll(async () => {
  await pm2('kill').catch(() => undefined);
  application.remove();
});

test.each(['fork', 'cluster'])('pm2 reloads a service that writes, in its mode %s', async (mode) => {
  const acknowledged = () =>
    readFileSync(join(application.directory, `${mode}.acknowledged`), { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '));
  /** Until the last entries are of the newest of so many processes. */
  const written = async (processes: number) => {
    const seen = () => {
      const all = acknowledged().map(([pid]) => pid);
      return all.length < 10 ? 0 : new Set(all).size * (new Set(all.slice(-10)).size === 1 ? 1 : 0);
    };
    await expect.poll(seen, { timeout: HANG_MS }).toBe(processes);
  };
  const service = {
    name: mode,
    script: 'service.mjs',
    args: mode,
    exec_mode: mode,
    wait_ready: true,
    autorestart: false,
  };
  application.write(
    `${mode}.json`,
    JSON.stringify({ apps: [{ ...service, cwd: application.directory, kill_timeout: 60_000 }] }),
  );
  await pm2('start', `${mode}.json`);
  await written(1);
  for (const processes of [2, 3]) {
    await pm2('reload', mode);
    await written(processes);
  }
  await pm2('delete', mode);
  const lines = acknowledged();
  expect(lines.filter(([, what]) => what === 'closed').length).toBe(3);
  const sequences = lines.flatMap(([, what]) => (what === 'closed' ? [] : [Number(what)]));
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  expect(await application.run(process.execPath, 'count.mjs', mode)).toBe(`1 ${sequences.length}\n`);
});

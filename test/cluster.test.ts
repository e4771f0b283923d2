// `npm run cluster`, and where its server comes from.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { natsServer } from './support/nats-server.js';
import { temporary } from './support/temporary.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const server = natsServer();

test('a nats-server that is too old is refused, with what to do', () => {
  const old = join(temporary('old-nats'), 'nats-server');
  writeFileSync(old, '#!/bin/sh\necho "nats-server: v2.10.27"\n');
  chmodSync(old, 0o755);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/nats-server.mjs'], {
    cwd: root,
    env: { ...process.env, NATS_SERVER: old },
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(`${old} is 2.10.27, and must be 2.15.1 or newer`);
  expect(stderr).toContain('export NATS_SERVER=');
});

describe.skipIf('missing' in server)('npm run cluster', () => {
  test('prints three nodes that sync what they acknowledge, and leaves nothing when it is ended', async () => {
    const parent = temporary('clusters');
    const child = spawn(process.execPath, ['scripts/cluster.mjs', '--port', '0'], {
      cwd: root,
      env: { ...process.env, TMPDIR: parent },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit');
    let said = '';
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    await expect.poll(() => (child.exitCode === null ? said : `ended: ${said}`)).toMatch(/Ctrl-C ends it/);
    const monitors = [...said.matchAll(/monitor (http:\S+)/g)].map(([, monitor = '']) => monitor);
    expect(monitors).toHaveLength(3);
    expect(said).toMatch(/^cluster {3}nats:\/\/127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/m);
    const directory = /files in (\S+);/.exec(said)?.[1] ?? '';
    for (const monitor of monitors) {
      const about: unknown = await (await fetch(`${monitor}/varz`)).json();
      expect(about).toMatchObject({
        jetstream: { config: { sync_always: true } },
        cluster: { name: 'shale' },
      });
    }
    expect(readFileSync(join(directory, 'n1', 'nats.conf'), 'utf8')).toContain('sync_interval: always');
    // A terminal sends the signal to npm, too, which passes it on.
    const again = setInterval(() => child.kill('SIGINT'), 5);
    expect(await ended).toEqual([0, null]);
    clearInterval(again);
    expect(existsSync(directory)).toBe(false);
    for (const monitor of monitors) await expect(fetch(`${monitor}/varz`)).rejects.toThrow();
  });
});

// What a cluster must be like is checked when a replica is opened, and said with what to do.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ReplicaReader, ReplicaWriter } from '@shale/jetstream';
import { describe, expect, test } from 'vitest';
import { testCluster } from '../../../test/support/replica-cluster.js';
import { openLink } from '../dist/connect.js';
import { readPlace } from '../dist/place.js';
import { purgeBefore } from '../dist/purge.js';
import { isNewEnough } from '../dist/server-checks.js';

const NODE = { replicas: 1, partitions: 1 } as const;
const always = testCluster({ nodes: 1 });
const lazy = testCluster({ nodes: 1, syncInterval: '2m' });

test.each([
  ['2.9.10', false],
  ['2.15.0', false],
  ['2.15.1', true],
  ['2.16.0-RC.1', true],
  ['3.0.0', true],
  ['', false],
])('a server of version %j is new enough: %j', (version, is) => {
  expect(isNewEnough(version)).toBe(is);
});

test.each([
  ['nats://a', 'no name'],
  ['nats://a/b/c', 'a path'],
  ['nats://a,b c/d', 'a host that is none'],
  ['nats://a/name.with.dots', 'a name with dots'],
  ['http://a/b', 'another scheme'],
  ['nats://user:secret@a/b', 'credentials'],
])('the URL %s is refused: %s', async (url) => {
  const opened = ReplicaWriter.open(url, 'log', { monitor: 'unchecked' });
  await expect(opened).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
  await expect(opened).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
});

test.each([
  [{}],
  [{ monitor: [] }],
  [{ monitor: ['a:8222'] }],
  [{ monitor: 'unchecked', partitions: 0 }],
  [{ monitor: 'unchecked', replicas: 6 }],
  [{ monitor: 'unchecked', takeover: 1 }],
  [{ monitor: 'unchecked', sync: true }],
])('the options %j are refused', async (options) => {
  // As a caller without types gives them.
  const given = options as Parameters<typeof ReplicaWriter.open>[2];
  await expect(ReplicaWriter.open('nats://127.0.0.1:1/a', 'log', given)).rejects.toMatchObject({
    code: 'SHALE_INVALID_ARGUMENT',
  });
});

test('a server that accepts and says nothing is SHALE_UNAVAILABLE, and no connection to it is left open', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const accepted: Promise<unknown>[] = [];
  server.on('connection', (socket) => accepted.push(once(socket.resume(), 'close')));
  await expect(
    ReplicaReader.open(`nats://127.0.0.1:${port}/a`, { monitor: 'unchecked', connection: { timeout: 200 } }),
  ).rejects.toMatchObject({ code: 'SHALE_UNAVAILABLE' });
  expect(accepted.length).toBeGreaterThan(0);
  await Promise.all(accepted);
  server.close();
});

test('a cluster that cannot be reached is SHALE_UNAVAILABLE', async () => {
  await expect(
    ReplicaWriter.open('nats://127.0.0.1:1/a', 'log', { monitor: 'unchecked' }),
  ).rejects.toMatchObject({
    code: 'SHALE_UNAVAILABLE',
    canRetry: true,
  });
});

describe.skipIf(always.isMissing)('with a server', () => {
  test('that does not sync what it acknowledges, a replica is refused, and made where that is left unchecked', async () => {
    const { monitors } = await lazy.get();
    const url = await lazy.url();
    await expect(ReplicaWriter.open(url, 'log', { ...NODE, monitor: monitors })).rejects.toMatchObject({
      code: 'SHALE_UNSUPPORTED',
      message: expect.stringMatching(/n1 acknowledges what it has not synced.*sync_interval: always/),
    });
    const writer = await ReplicaWriter.open(url, 'log', { ...NODE, monitor: 'unchecked' });
    await writer.close();
  });

  test('whose monitor is another one, it is refused', async () => {
    const url = await lazy.url();
    const { monitors } = await always.get();
    const writer = await ReplicaWriter.open(await always.url(), 'log', { ...NODE, monitor: monitors });
    await writer.close();
    const [monitor = ''] = monitors;
    const closed = monitor.replace(/\d+$/, '1');
    await expect(ReplicaWriter.open(url, 'log', { ...NODE, monitor: [closed] })).rejects.toMatchObject({
      code: 'SHALE_UNAVAILABLE',
      message: expect.stringContaining(`${closed}/varz does not tell about its server`),
    });
  });

  test.each([
    ['discard', { discard: 'old' }, /set discard to new/],
    ['max_age', { max_age: 1_000_000_000_000 }, /set max_age to 0/],
    ['max_msgs', { max_msgs: 100 }, /set max_msgs/],
    ['max_bytes', { max_bytes: 1_000_000 }, /set max_bytes/],
    ['allow_atomic', { allow_atomic: false }, /set allow_atomic/],
    ['allow_direct', { allow_direct: false }, /set allow_direct/],
  ] as const)('a stream with another %s is refused', async (_, change, message) => {
    const url = await always.url();
    const { monitors } = await always.get();
    const writer = await ReplicaWriter.open(url, 'log', { ...NODE, monitor: monitors });
    await writer.close();
    const connection = await connect({ servers: url.slice(0, url.lastIndexOf('/')) });
    const streams = (await jetstreamManager(connection)).streams;
    const stream = `${url.slice(url.lastIndexOf('/') + 1)}_0`;
    const wanted: Partial<StreamConfig> = change;
    await streams.update(stream, { ...(await streams.info(stream)).config, ...wanted });
    await connection.close();
    await expect(ReplicaWriter.open(url, 'log', { ...NODE, monitor: monitors })).rejects.toMatchObject({
      code: 'SHALE_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
  });

  test('another number of partitions, or of replicas, is refused', async () => {
    const url = await always.url();
    const { monitors: monitor } = await always.get();
    await (await ReplicaWriter.open(url, 'log', { monitor, replicas: 1, partitions: 2 })).close();
    await expect(
      ReplicaWriter.open(url, 'log', { monitor, replicas: 1, partitions: 3 }),
    ).rejects.toMatchObject({
      code: 'SHALE_INVALID_ARGUMENT',
      details: { field: 'partitions', actual: 2 },
    });
    // Who names no number takes what is there.
    await (await ReplicaWriter.open(url, 'log', { monitor, replicas: 1 })).close();
    await expect(
      ReplicaWriter.open(url, 'log', { monitor, replicas: 3, partitions: 2 }),
    ).rejects.toMatchObject({
      code: 'SHALE_UNSUPPORTED',
      message: expect.stringContaining('is on 1 servers, and replicas is 3'),
    });
  });

  test('a replica that is not there is SHALE_NOT_FOUND to a reader, which makes none', async () => {
    const url = await always.url();
    const { monitors: monitor } = await always.get();
    for (let i = 0; i < 2; i++) {
      await expect(ReplicaReader.open(url, { monitor })).rejects.toMatchObject({ code: 'SHALE_NOT_FOUND' });
    }
  });

  test('a purge up to the first message is never sent: some servers would remove everything', async () => {
    const url = await always.url();
    const writer = await ReplicaWriter.open(url, 'log', { ...NODE, monitor: 'unchecked' });
    await writer.append({ region: 1n, table: 1n }, null, 1n, [Buffer.from('kept')]);
    await writer.close();
    const link = await openLink(readPlace(url));
    let sent = 0;
    const purge = link.manager.streams.purge.bind(link.manager.streams);
    link.manager.streams.purge = (...args) => {
      sent++;
      return purge(...args);
    };
    const { name } = link.place;
    await purgeBefore(link, `${name}_0`, `${name}.0.t.1.1`, 1);
    expect(sent).toBe(0);
    await purgeBefore(link, `${name}_0`, `${name}.0.t.1.1`, 2);
    expect(sent).toBe(1);
    await link.connection.close();
  });
});

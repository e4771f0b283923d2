// The ingest service of examples/: killed under load, with a PostgreSQL that fails now and then, on a full disk, and with
// requests that it has to refuse. `npm run example` is the long form of the kills.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWal, type Wal } from '@shale/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../examples/ingest-service/src/server.js';
import { compare } from '../examples/trial/src/compare.js';
import { runKills } from '../examples/trial/src/kills.js';
import { Postgres, whyNoPostgres } from '../examples/trial/src/postgres.js';
import { bodyOf } from '../examples/trial/src/producers.js';
import { Service } from '../examples/trial/src/service.js';
import { temporary, temporaryOfFile } from './support/temporary.js';

/** Runs the service with a disk of 32 MiB for its log, that it alone sees. */
const ON_SMALL_DISK = [
  ...['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount', 'sh', '-c'],
  'mount -t tmpfs -o size=32m,mode=700 shale "$LOG_DIRECTORY" && exec "$@"',
  'sh',
];
const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
/** Another log. */
const TWICE = '00000000-0000-0000-0000-000000000000';
const missing = whyNoPostgres();

async function post(url: string, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/events`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

/** The timers of the TCP connections to `port` of the loopback, as Linux tells them: 2 is keep-alive. */
function timersTo(port: number): string[] {
  const to = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields.filter((of) => of[2] === to && of[3] === '01').map((of) => of[5]?.slice(0, 2) ?? '');
}

/** A request of which all but the last byte is sent. */
async function requestInPart(url: string) {
  const body = bodyOf(1, 1);
  const head = `POST /events HTTP/1.1\r\nhost: it\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {}); // it is cut off
  socket.write(head + body.slice(0, -1));
  return { socket, rest: body.slice(-1), whole: head + body };
}

describe.skipIf(missing !== undefined)(`the ingest service${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await Postgres.create();
  });
  afterAll(() => postgres.remove());

  test('stores everything that it acknowledged once, and nothing twice, whatever is killed', async () => {
    const { batches, wrong } = await runKills({ postgres, kills: 2 });
    expect(wrong).toEqual([]);

    // The comparison itself: what is lost, stored twice, stored in part or refused is told.
    const known = batches.findIndex(({ events, outcome }) => outcome === 'acknowledged' && events > 1);
    const it = `(data->>'batch')::int = ${known}`;
    const inPart = [expect.stringContaining(`batch ${known}, acknowledged, has`)];
    await postgres.query(
      `INSERT INTO events SELECT '${TWICE}', batch, nth, id, at, type, data FROM events WHERE ${it}`,
    );
    expect(await compare(postgres, batches)).toEqual(inPart);
    await postgres.query(`DELETE FROM events WHERE ${it} AND (log = '${TWICE}' OR nth = 0)`);
    expect(await compare(postgres, batches)).toEqual(inPart);
    const others = batches.map((batch, i) =>
      i === known ? { ...batch, outcome: 'refused' as const } : batch,
    );
    expect(await compare(postgres, others)).toEqual([`batch ${known}, refused, is stored`]);
    await postgres.query(`DELETE FROM events WHERE ${it}`);
    expect(await compare(postgres, others)).toEqual([]);
    expect(await compare(postgres, batches)).toEqual([`batch ${known}, acknowledged, is lost`]);
  });

  test('ends when the log ends before what was stored of it', async () => {
    const settings = { LOG_DIRECTORY: temporary('ahead'), DATABASE_URL: postgres.url };
    const before = new Service(settings);
    const url = await before.listening;
    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    await expect.poll(metrics).toContain('shale_consumer_lag_entries{');
    expect(await post(url, bodyOf(0, 1))).toBe(202);
    await expect.poll(() => postgres.query('SELECT * FROM positions WHERE batch = 1')).toHaveLength(1);
    expect(await before.end('SIGTERM')).toBe(0);
    // Not even the first batch of a new log has to be stored again.
    expect(before.complaints).toEqual([]);
    await postgres.query('UPDATE positions SET batch = 2 WHERE batch = 1');
    const service = new Service(settings);
    expect(await service.ended).toBe(1);
    expect(service.complaints).toContainEqual(expect.stringContaining('cannot go on'));
  });

  test('ends in order when it is told to, whatever clients and PostgreSQL do', async () => {
    const settings = { LOG_DIRECTORY: temporary('told'), DATABASE_URL: postgres.url };
    const service = new Service(settings);
    const url = await service.listening;
    expect(await post(url, bodyOf(0, 1))).toBe(202);
    const backend = `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
    await expect.poll(() => postgres.query(`${backend} AND query LIKE 'COMMIT'`)).toHaveLength(1);
    expect(timersTo(postgres.port)).toContain('02'); // a PostgreSQL that is gone without a word is noticed

    // One that waits for the log, which the first one has, is told to end; it may have to be further for that.
    let code: number | string | null = null;
    for (let wait = 500; code !== 0 && wait < 20_000; wait *= 2) {
      const another = new Service(settings);
      await sleep(wait);
      code = await another.end('SIGTERM');
    }
    expect(code).toBe(0);

    const [{ pid }] = await postgres.query(backend);
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await post(url, bodyOf(0, 1))).toBe(202);
      const [slow, endless] = [await requestInPart(url), await requestInPart(url)];
      expect((await fetch(`${url}/ready`)).status).toBe(200);
      const ended = service.end('SIGTERM');
      await expect.poll(() => fetch(url).then(() => 'listens', String)).not.toBe('listens');
      let answers = '';
      slow.socket.on('data', (bytes) => (answers += bytes));
      slow.socket.write(slow.rest + slow.whole);
      expect(await ended).toBe(0);
      expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 202']);
      endless.socket.destroy();
    } finally {
      process.kill(pid, 'SIGCONT');
      await service.end('SIGKILL');
    }
  });

  test('does not start with a setting that would remove what is not stored', async () => {
    const settings = { LOG_DIRECTORY: temporary('keep'), DATABASE_URL: postgres.url, KEEP_BATCHES: '-1' };
    const service = new Service(settings);
    service.listening.then(() => service.end('SIGTERM')).catch(() => {});
    expect(await service.ended).toBe(1);
  });

  test.runIf(canMount)(
    'answers 503 while the disk is full, and takes batches again when PostgreSQL is back',
    async () => {
      await postgres.query('TRUNCATE events');
      await postgres.stop();
      const settings = { LOG_DIRECTORY: temporary('small'), DATABASE_URL: postgres.url };
      const service = new Service(settings, undefined, ON_SMALL_DISK);
      try {
        const url = await service.listening;
        let stored = 0;
        while ((await post(url, bodyOf(stored, 1000))) === 202) stored++;
        expect(stored).toBeGreaterThan(10);
        expect(await post(url, bodyOf(0, 1))).toBe(503);
        expect((await fetch(`${url}/ready`)).status).toBe(503);
        expect((await fetch(`${url}/health`)).status).toBe(200);

        await postgres.start();
        await expect.poll(async () => (await fetch(`${url}/ready`)).status).toBe(200);
        expect(await post(url, bodyOf(stored++, 1000))).toBe(202);
        const count = `SELECT count(*)::int AS events FROM events`;
        await expect.poll(() => postgres.query(count)).toEqual([{ events: stored * 1000 }]);
        expect(await service.end('SIGTERM')).toBe(0);
      } finally {
        await service.end('SIGKILL');
      }
    },
  );
});

describe('what the ingest service refuses', () => {
  let wal: Wal;

  beforeAll(async () => {
    wal = await openWal(temporaryOfFile('refused'));
  });
  afterAll(() => wal.close());

  const event = JSON.parse(bodyOf(1, 1)).events[0];
  const data = { ...event.data };

  test.each<[string, string | Buffer]>([
    ['no JSON', '{"events":['],
    ['a byte order mark', `\ufeff${JSON.stringify({ events: [event] })}`],
    [
      'bytes that are not UTF-8',
      Buffer.from(JSON.stringify({ events: [{ ...event, data: { ...data, path: '\u00e9' } }] }), 'latin1'),
    ],
    ['nothing', '{"events":[]}'],
    ['more than it was told of', JSON.stringify({ events: [event], more: 1 })],
    ['a number as text', JSON.stringify({ events: [{ ...event, at: '1' }] })],
    ['a time that PostgreSQL does not know', JSON.stringify({ events: [{ ...event, at: 1e15 }] })],
    ['a tab in a name', JSON.stringify({ events: [{ ...event, type: 'a\tb' }] })],
    ['an id that is none', JSON.stringify({ events: [{ ...event, id: 'one' }] })],
    ['a zero in a text', JSON.stringify({ events: [{ ...event, data: { ...data, path: 'a\0' } }] })],
    ['half a character', JSON.stringify({ events: [{ ...event, data: { ...data, path: 'a\ud800' } }] })],
    ['depth', JSON.stringify({ events: [{ ...event, data: { ...data, path: {} } }] })],
    ['a prototype', `{"events":[${JSON.stringify(event).replace('"batch"', '"__proto__"')}]}`],
  ])('%s is 400, and not in the log', async (name, payload) => {
    const table = wal.table(name);
    const server = createServer(wal, table);
    const headers = { 'content-type': 'application/json' };
    const refused = await server.inject({ method: 'POST', url: '/events', headers, payload });
    expect([refused.statusCode, await table.lastSequence()]).toEqual([400, 0n]);
    const taken = await server.inject({ method: 'POST', url: '/events', headers, payload: bodyOf(1, 1) });
    expect([taken.statusCode, taken.json()]).toEqual([202, { batch: '1' }]);
    await server.close();
  });

  test('a batch that is sent again with its key is in once, and a key that is none is 400', async () => {
    const table = wal.table('keys');
    const server = createServer(wal, table);
    const send = async (key: string, batch: number) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key };
      const { statusCode, body } = await server.inject({
        method: 'POST',
        url: '/events',
        headers,
        payload: bodyOf(batch, 1),
      });
      return [statusCode, body.slice(0, 12)];
    };
    const [one, again] = await Promise.all([send('one', 1), send('one', 1)]);
    expect([one, again, await send('two', 2), await send('one', 3)]).toEqual([
      [202, '{"batch":"1"'],
      [202, '{"batch":"1"'],
      [202, '{"batch":"2"'],
      [202, '{"batch":"1"'],
    ]);
    for (const key of ['', 'a b', 'x'.repeat(256), '\u00e9']) expect((await send(key, 4))[0]).toBe(400);
    expect(await table.lastSequence()).toBe(2n);
    await server.close();
  });

  test('more than there is room for is 429, and the rest is in', async () => {
    await using wal = await openWal(temporary('pressure'), {
      maxInFlightBytes: 2 ** 16,
      maxQueuedBytes: 2 ** 16,
    });
    const table = wal.table('batches');
    const server = createServer(wal, table);
    const headers = { 'content-type': 'application/json' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        server.inject({ method: 'POST', url: '/events', headers, payload: bodyOf(i, 40) }),
      ),
    );
    const taken = answers.filter(({ statusCode }) => statusCode === 202).length;
    const refused = answers.filter(
      ({ statusCode, headers }) => statusCode === 429 && headers['retry-after'] === '1',
    );
    expect(refused.length).toBeGreaterThan(0);
    expect(taken + refused.length).toBe(100);
    expect(await table.lastSequence()).toBe(BigInt(taken));
    await server.close();
  });
});

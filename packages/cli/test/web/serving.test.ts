// What `shale top --web` serves, and to whom: its server, and the pages that are open.
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { openWal, type Wal } from '@shale/engine';
import { type Inspection, inspect } from '@shale/engine/admin';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporary } from '../../../../test/support/temporary.js';
import type { View } from '../../dist/top/view.js';
import { Audience } from '../../dist/web/audience.js';
import { documentOf } from '../../dist/web/document.js';
import { toEvent } from '../../dist/web/message.js';
import { PageServer } from '../../dist/web/page-server.js';
import { serve } from '../../dist/web/serve.js';
import { until } from '../support/shale.js';

const PAGE = documentOf('<style>a{}</style><script>b()</script>');
const LOG = { pid: 7, path: '/log', intervalMs: 1000 };

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A request as a program makes it that says what it likes. */
async function ask(
  url: string,
  { method = 'GET', path, host }: { method?: string; path?: string; host?: string } = {},
): Promise<Answer> {
  const { port, pathname, host: own } = new URL(url);
  const asked = request({
    host: '127.0.0.1',
    port,
    method,
    path: path ?? pathname,
    headers: { Host: host ?? own },
  });
  asked.end();
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

async function serverOf(audience = new Audience(LOG)): Promise<PageServer> {
  const server = await PageServer.listen(0, PAGE, audience);
  onTestFinished(async () => await server[Symbol.asyncDispose]());
  return server;
}

/** A page that is open: the beginnings of the events that it has read. */
class OpenPage {
  readonly #asked: ClientRequest;
  #response: IncomingMessage | null = null;
  #isReading: boolean;
  #line = '';
  readonly #lines: string[] = [];
  isOver = false;
  readonly events: string[] = [];

  constructor(url: string, isReading = true) {
    this.#isReading = isReading;
    this.#asked = request(`${url}views`, { agent: false });
    this.#asked.on('error', () => {});
    this.#asked.on('response', (response: IncomingMessage) => {
      this.#response = response;
      response.setEncoding('utf8').on('error', () => {});
      response.on('close', () => {
        this.isOver = true;
      });
      if (this.#isReading) this.read();
    });
    this.#asked.end();
    onTestFinished(() => this.close());
  }

  get views(): string[] {
    return this.events.filter((event) => event.startsWith('event: view'));
  }

  read(): void {
    this.#isReading = true;
    this.#response?.on('data', (text: string) => {
      for (const [i, piece] of text.split('\n').entries()) {
        if (i > 0) this.#endLine();
        this.#line = (this.#line + piece).slice(0, 200);
      }
    });
  }

  #endLine(): void {
    if (this.#line !== '') this.#lines.push(this.#line);
    else this.events.push(this.#lines.splice(0).join('\n'));
    this.#line = '';
  }

  close(): void {
    this.#asked.destroy();
  }
}

async function log(): Promise<Wal> {
  const wal = await openWal(temporary('web'), { shards: 1, inspect: true });
  onTestFinished(async () => await wal.close());
  await wal.table('t').append(Buffer.from('a'));
  return wal;
}

/** An inspection that counts what it is asked. */
async function counted(wal: Wal): Promise<{ inspection: Inspection; looks: () => number }> {
  const inspection = await inspect(wal.path);
  onTestFinished(async () => await inspection.close());
  let looks = 0;
  const tables = inspection.tables.bind(inspection);
  inspection.tables = () => {
    looks++;
    return tables();
  };
  return { inspection, looks: () => looks };
}

/** Serves a log; resolves once there is an address. */
async function started(
  inspection: Inspection,
  interval: number,
): Promise<{ url: string; over: Promise<unknown>; stop: AbortController }> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let over: Promise<unknown> = Promise.resolve();
  const url = await new Promise<string>((resolve) => {
    const ready = async (at: string): Promise<void> => resolve(at);
    over = serve(inspection, { port: 0, interval, signal: stop.signal, ready }).catch((error) => error);
  });
  return { url, over, stop };
}

describe('the server', () => {
  it('gives the page, which may load nothing and run nothing of others', async () => {
    const server = await serverOf();
    const { status, headers, body } = await ask(server.url);
    expect([status, body]).toEqual([200, PAGE.html]);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}'; connect-src 'self'; /,
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('listens on loopback alone, at an address that is another one each time', async () => {
    const [one, other] = [await serverOf(), await serverOf()];
    const form = /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/;
    expect([form.test(one.url), form.test(other.url)]).toEqual([true, true]);
    expect(new URL(one.url).pathname).not.toBe(new URL(other.url).pathname);
    // Everything in 127.0.0.0/8 is this machine, but it listens at one of them.
    const elsewhere = connect({ host: '127.0.0.2', port: Number(new URL(one.url).port) });
    const [error] = await once(elsewhere, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('shows nothing to those who do not know the address', async () => {
    const server = await serverOf();
    const { pathname } = new URL(server.url);
    const wrong = `${pathname.slice(0, -2)}${pathname.at(-2) === 'A' ? 'B' : 'A'}/`;
    for (const path of [
      '/',
      '/views',
      '//views',
      wrong,
      `${wrong}views`,
      pathname.slice(0, -1),
      '/favicon.ico',
    ]) {
      const { status, body } = await ask(server.url, { path });
      expect([path, status, body.includes('script')]).toEqual([path, 404, false]);
    }
    expect((await ask(server.url, { path: `${pathname}other` })).status).toBe(404);
    expect((await ask(server.url, { path: `${pathname}?query` })).status).toBe(200);
  });

  it.each([
    ['localhost:8080', 200],
    ['127.0.0.1', 200],
    ['[::1]:9', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['evil.example:127.0.0.1', 421],
    ['localhost.', 421],
    ['user@localhost', 421],
  ])('answers the host %s with %i: a name of elsewhere may lead here', async (host, status) => {
    const server = await serverOf();
    expect((await ask(server.url, { host })).status).toBe(status);
  });

  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const server = await serverOf();
    const { status, headers } = await ask(server.url, { method });
    expect([status, headers.allow]).toEqual([405, 'GET']);
  });

  it('says which port it cannot have', async () => {
    const server = await serverOf();
    const port = Number(new URL(server.url).port);
    await expect(PageServer.listen(port, PAGE, new Audience(LOG))).rejects.toMatchObject({
      code: 'CLI_USAGE',
      message: expect.stringContaining(`port ${port}: `),
    });
  });
});

describe('pages', () => {
  // More than the system takes for those who do not read.
  const large = 'x'.repeat(32 * 1024 * 1024);
  const viewOf = (pid: number, path = ''): View => ({ pid, path }) as View;
  const pids = ({ views }: OpenPage): unknown[] => views.map((view) => /"pid":(\d+)/.exec(view)?.[1]);

  it('that do not read are sent one view and no more, while others get all', async () => {
    const audience = new Audience(LOG);
    const { url } = await serverOf(audience);
    const [slow, quick] = [new OpenPage(url, false), new OpenPage(url)];
    await until(() => audience.size === 2, 'both');
    audience.show(viewOf(1, large));
    await until(() => quick.views.length === 1, 'the large view');
    audience.show(viewOf(2));
    await until(() => quick.views.length === 2, 'the second view');
    audience.show(viewOf(3));
    slow.read();
    await until(() => slow.views.length === 1, 'the large view, at last');
    audience.show(viewOf(4));
    await until(() => slow.views.length === 2 && quick.views.length === 4, 'the last view');
    expect([pids(slow), pids(quick)]).toEqual([
      ['1', '4'],
      ['1', '2', '3', '4'],
    ]);
  });

  it('that do not read for too long are disconnected', async () => {
    const audience = new Audience(LOG, 0);
    const { url } = await serverOf(audience);
    new OpenPage(url, false);
    await until(() => audience.size === 1, 'the page');
    audience.show(viewOf(1, large));
    audience.show(viewOf(2));
    await until(() => audience.size === 0, 'its end');
  });

  it('share one look, and have none while none is open', async () => {
    const wal = await log();
    const { inspection, looks } = await counted(wal);
    const { url } = await started(inspection, 0.05);
    const one = new OpenPage(url);
    const other = new OpenPage(url);
    await until(() => one.views.length >= 5 && other.views.length >= 5, 'views');
    one.close();
    other.close();
    // A look that was under way comes to its end.
    let before = -1;
    await until(async () => {
      const same = looks() === before;
      before = looks();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return same && looks() === before;
    }, 'the end of the looks');
    expect(Math.max(one.views.length, other.views.length)).toBeLessThanOrEqual(looks());
    expect(looks()).toBeLessThan(one.views.length + other.views.length);
    const again = new OpenPage(url);
    await until(() => again.views.length >= 2, 'views again');
    expect(again.events.find((event) => event.startsWith('event: log'))).toContain(`{"pid":${process.pid},`);
  });

  it('are told when the process closes the log, be anybody looking at the time or not', async () => {
    const wal = await log();
    const { inspection } = await counted(wal);
    const watched = await started(inspection, 3600);
    const page = new OpenPage(watched.url);
    await until(() => page.events.length > 1, 'its first event');
    const unwatched = await started(await inspect(wal.path), 3600);
    await wal.close();
    const closed = { code: 'SHALE_CLOSED', details: { pid: process.pid } };
    expect(await watched.over).toMatchObject(closed);
    expect(await unwatched.over).toMatchObject(closed);
    await until(() => page.isOver, 'the end');
    expect(page.events.at(-1)).toBe(
      `event: end\ndata: {"reason":"process ${process.pid} has closed the log"}`,
    );
  });

  it('are told why nothing comes any more, though a view was sent at the same moment', async () => {
    const audience = new Audience(LOG);
    const server = await serverOf(audience);
    const page = new OpenPage(server.url);
    await until(() => page.events.length > 1, 'its first event');
    audience.show(viewOf(1));
    audience.end('over');
    await server[Symbol.asyncDispose]();
    await until(() => page.isOver, 'the end');
    expect(page.events.slice(2)).toEqual([
      expect.stringContaining('event: view'),
      'event: end\ndata: {"reason":"over"}',
    ]);
  });

  it('are told when it is stopped, which takes no look to its end', async () => {
    const wal = await log();
    const { inspection } = await counted(wal);
    const { url, over, stop } = await started(inspection, 3600);
    const page = new OpenPage(url);
    await until(() => page.events.length > 1, 'its first event');
    stop.abort();
    expect(await over).toBeUndefined();
    await until(() => page.isOver, 'the end');
    expect(page.events.at(-1)).toBe('event: end\ndata: {"reason":"shale top was stopped"}');
  });
});

it('ids of 64 bits come as text', () => {
  const tables = { tables: [{ table: 2n ** 64n - 1n }], seen: 1, isAll: true };
  expect(toEvent('view', { tables } as unknown as View)).toBe(
    'event: view\ndata: {"tables":{"tables":[{"table":"18446744073709551615"}],"seen":1,"isAll":true}}\n\n',
  );
});

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CliError } from '../cli-error.js';
import type { Audience } from './audience.js';
import type { PageDocument } from './document.js';

const LOOPBACK = '127.0.0.1';
/** Of this machine, by whatever port a tunnel has there. Any other name may be one that leads here by a trick of DNS. */
const OWN_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
const TOKEN_BYTES = 16;
const MOST_CONNECTIONS = 64;
/** Until a request has come whole. Milliseconds. */
const REQUEST_MS = 10_000;
const HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/**
 * Serves a page and its views on loopback, to whoever knows the address: it has a random part, which neither other users
 * of the machine nor pages of elsewhere know.
 */
export class PageServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #root = `/${randomBytes(TOKEN_BYTES).toString('base64url')}/`;
  readonly #page: PageDocument;
  readonly #audience: Audience;

  private constructor(page: PageDocument, audience: Audience) {
    this.#page = page;
    this.#audience = audience;
    this.#server = createServer({ headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on('request', (request, response) => this.#answer(request, response));
  }

  /** Listens at a port, at a free one for 0. */
  static async listen(port: number, page: PageDocument, audience: Audience): Promise<PageServer> {
    const made = new PageServer(page, audience);
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', (cause) =>
        reject(
          new CliError('CLI_USAGE', `the page cannot be served at port ${port}: ${cause.message}`, {
            hint: 'Name another port, or leave --port away for a free one.',
            cause,
          }),
        ),
      );
      made.#server.listen({ host: LOOPBACK, port }, resolve);
    });
    return made;
  }

  /** The address of the page. */
  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return `http://${LOOPBACK}:${port}${this.#root}`;
  }

  /** Ends every connection. What has been sent arrives. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = this.#refusalOf(request);
    if (refusal !== null) refuse(response, refusal);
    else if (this.#nameOf(request) === 'views') this.#audience.join(response);
    else {
      response.writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': this.#page.policy,
      });
      response.end(this.#page.html);
    }
  }

  #refusalOf(request: IncomingMessage): Refusal | null {
    if (!OWN_HOST.test(request.headers.host ?? '')) return { status: 421, why: 'this is not that host' };
    if (request.method !== 'GET') return { status: 405, why: 'there is nothing to do but GET' };
    const name = this.#nameOf(request);
    if (name === null) return { status: 404, why: 'not here: the address has to be whole' };
    return name === '' || name === 'views' ? null : { status: 404, why: 'not here' };
  }

  /** What is asked for, below the address; null for what is not below it. */
  #nameOf({ url = '' }: IncomingMessage): string | null {
    const [path = ''] = url.split('?');
    return isSame(path.slice(0, this.#root.length), this.#root) ? path.slice(this.#root.length) : null;
  }
}

interface Refusal {
  readonly status: 404 | 405 | 421;
  readonly why: string;
}

function refuse(response: ServerResponse, { status, why }: Refusal): void {
  if (status === 405) response.setHeader('Allow', 'GET');
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(`${why}\n`);
}

/** Takes as long wherever they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

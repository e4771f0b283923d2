import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredMsg } from '@nats-io/jetstream';
import type { Link } from './connect.js';
import { unavailable } from './failures.js';

const PAGE_MESSAGES = 1000;
const PAGE_BYTES = 8 * 1024 * 1024;
/** How long it is waited for a server that lags behind, or for another one in its place. */
const TRIES = 60;
const RETRY_MS = 50;
const LONGEST_MS = 1000;
/** A page in which nothing comes for so long ends, at twice that. */
const SILENCE_MS = 5000;

/** What of a stream is read. */
export interface ScanRange {
  /** The first message, by its sequence in the stream. */
  readonly from: number;
  /** The last one: it must be there. */
  readonly to: number;
  /** Messages of which subject; default: all. */
  readonly subject?: string;
}

/**
 * Messages of a stream in their order, in pages. It ends with the message `to`, and not when a server has no more: one that
 * lags behind would leave some out. Rejects with SHALE_UNAVAILABLE.
 */
export async function* scan(
  link: Link,
  stream: string,
  { from, to, subject }: ScanRange,
): AsyncGenerator<StoredMsg[], void, undefined> {
  let next = from;
  for (let tries = 0; next <= to; ) {
    let cause: unknown = new Error(`the message ${to} is not there`);
    const page = await readPage(link, stream, next, subject).catch((error: unknown) => {
      cause = error;
      return [];
    });
    const wanted = page.filter(({ seq }) => seq >= next && seq <= to);
    const last = page.at(-1);
    if (wanted.length > 0) yield wanted;
    if (last !== undefined) {
      next = last.seq + 1;
      tries = 0;
      continue;
    }
    if (++tries === TRIES) throw unavailable(link.place.url, `${stream} cannot be read`, cause);
    await sleep(Math.min(RETRY_MS * tries, LONGEST_MS));
  }
}

/** One page. Where a server falls silent in the middle of it, it is what has come by then. */
async function readPage(
  link: Link,
  stream: string,
  seq: number,
  subject: string | undefined,
): Promise<StoredMsg[]> {
  const page: StoredMsg[] = [];
  let failure: Error | undefined;
  let isAlive = true;
  const end = deferred();
  const messages = await link.manager.direct.getBatch(stream, {
    seq,
    batch: PAGE_MESSAGES,
    max_bytes: PAGE_BYTES,
    ...(subject === undefined ? {} : { next_by_subj: subject }),
    callback: (done, message) => {
      isAlive = true;
      if (done === null) {
        page.push(message);
        return;
      }
      failure = done.err;
      end.resolve();
    },
  });
  const watch = setInterval(() => {
    if (!isAlive) messages.stop(new Error('the server has fallen silent'));
    isAlive = false;
  }, SILENCE_MS);
  await end.promise;
  clearInterval(watch);
  if (page.length === 0 && failure !== undefined && !isNothing(failure)) throw failure;
  return page;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function isNothing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}

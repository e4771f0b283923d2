import type { ServerResponse } from 'node:http';
import type { View } from '../top/view.js';
import { type Messages, toEvent } from './message.js';

/** A page that takes nothing for so long is disconnected; it comes back by itself when it can. Milliseconds. */
const PATIENCE_MS = 30_000;
/** When a page comes back after its connection was lost. Milliseconds. */
const RETRY_MS = 1000;
const HEAD = { 'Content-Type': 'text/event-stream; charset=utf-8' } as const;

interface Page {
  /** Since when it has not taken what it was sent. */
  stuckAt: number | null;
}

/**
 * The pages that are open. What a page has not taken yet is at most one view: those that come meanwhile it does not get.
 */
export class Audience {
  readonly #log: Messages['log'];
  readonly #patienceMs: number;
  readonly #pages = new Map<ServerResponse, Page>();
  #watched = new AbortController();
  #latest: string | null = null;
  #arrived: (() => void) | null = null;

  constructor(log: Messages['log'], patienceMs: number = PATIENCE_MS) {
    this.#log = log;
    this.#patienceMs = patienceMs;
  }

  /** How many pages are open. */
  get size(): number {
    return this.#pages.size;
  }

  /** Takes the answer to a page's request for views. */
  join(response: ServerResponse): void {
    response.writeHead(200, HEAD);
    response.write(`retry: ${RETRY_MS}\n\n${toEvent('log', this.#log)}${this.#latest ?? ''}`);
    this.#pages.set(response, { stuckAt: null });
    response.on('error', () => {}).on('close', () => this.#leave(response));
    this.#arrived?.();
  }

  /** Resolves when a page is open, with a signal that is aborted when none is any more. */
  async arrival(): Promise<AbortSignal> {
    if (this.size === 0) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
      this.#arrived = null;
    }
    return this.#watched.signal;
  }

  /** Sends a view to every page that has taken the one before. */
  show(view: View): void {
    this.#latest = toEvent('view', view);
    const now = performance.now();
    for (const [response, page] of this.#pages) {
      if (response.writableLength === 0) {
        page.stuckAt = null;
        response.write(this.#latest);
      } else {
        page.stuckAt ??= now;
        if (now - page.stuckAt >= this.#patienceMs) response.destroy();
      }
    }
  }

  /** Says to all pages why nothing comes any more, but to those that have not taken what they were sent. */
  end(reason: string): void {
    for (const [response, { stuckAt }] of this.#pages) {
      // What was sent at this very moment has not left yet, and goes along.
      if (stuckAt === null) response.end(toEvent('end', { reason }));
      else response.destroy();
    }
  }

  #leave(response: ServerResponse): void {
    if (!this.#pages.delete(response) || this.size > 0) return;
    // What comes after a pause is not what came before it.
    this.#latest = null;
    this.#watched.abort();
    this.#watched = new AbortController();
  }
}

// Sends batches, and remembers of each what came of it.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What came of a batch. `refused`: it was said that it is not in. `unknown`: there was no answer, or one that says so.
 *
 * @typedef {{ readonly events: number, outcome: 'unknown' | 'acknowledged' | 'refused' }} Batch
 */

export class Producers {
  /** By number. @type {Batch[]} */
  batches = [];
  acknowledgedEvents = 0;
  #agent = new Agent({ keepAlive: true });
  #stopped = false;
  /** Where to; null while there is no service. @type {string | null} */
  #url = null;
  /** @type {Promise<void>[]} */
  #running = [];

  /** @param {number} count producers, each of which sends one batch after the other */
  constructor(count) {
    for (let i = 0; i < count; i++) this.#running.push(this.#produce());
  }

  /** @param {string | null} url */
  sendTo(url) {
    this.#url = url;
  }

  async stop() {
    this.#stopped = true;
    await Promise.all(this.#running);
    this.#agent.destroy();
  }

  async #produce() {
    while (!this.#stopped) {
      if (this.#url === null) {
        await sleep(5);
        continue;
      }
      const number = this.batches.length;
      /** @type {Batch} */
      const batch = { events: 1 + ((number * 7919) % 40), outcome: 'unknown' };
      this.batches.push(batch);
      const status = await this.#send(number, batch.events);
      if (status === 202) {
        batch.outcome = 'acknowledged';
        this.acknowledgedEvents += batch.events;
      } else if (status !== null && status !== 500) {
        batch.outcome = 'refused';
      }
      if (status !== 202) await sleep(5);
    }
  }

  /**
   * Sends a batch; every other one with a key, and again until it is acknowledged. The status; null for no answer.
   *
   * @param {number} number @param {number} events @returns {Promise<number | null>}
   */
  async #send(number, events) {
    const key = number % 2 === 0 ? {} : { 'idempotency-key': `batch/${number}` };
    const isOver = (/** @type {number | null} */ status) =>
      status === 202 || this.#stopped || !('idempotency-key' in key);
    for (;;) {
      const url = this.#url;
      const status =
        url === null ? null : await this.#post(url, bodyOf(number, events), key).catch(() => null);
      // What is refused at last may be in since before.
      if (isOver(status)) return status !== 202 && 'idempotency-key' in key ? null : status;
      await sleep(5);
    }
  }

  /** @param {string} url @param {string} body @param {Record<string, string>} key @returns {Promise<number>} the status */
  #post(url, body, key) {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...key,
      };
      const sent = request(`${url}/events`, { method: 'POST', agent: this.#agent, headers }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

/** A batch as it is sent. @param {number} batch @param {number} events */
export function bodyOf(batch, events) {
  return JSON.stringify({
    events: Array.from({ length: events }, (_, nth) => ({
      id: idOf(batch, nth),
      at: 1_700_000_000_000 + batch,
      type: 'page.viewed',
      data: { batch, path: `/articles/${nth}?q="\\\t\u20ac`, milliseconds: nth * 1.5, isNew: nth % 2 === 0 },
    })),
  });
}

/** @param {number} batch @param {number} nth */
function idOf(batch, nth) {
  return `00000000-0000-4000-8000-${batch.toString(16).padStart(8, '0')}${nth.toString(16).padStart(4, '0')}`;
}

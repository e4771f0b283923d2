import type { MessagePort } from 'node:worker_threads';
import { errorFromData, type TableId, tableKey, WalError } from '@shale/codec';
import type { Answer, FromOpener, Question, ToOpener } from './control-messages.js';

/** Trims are told of so many milliseconds after the first: nothing waits for their space. */
const TRIMMED_AFTER_MS = 50;

interface Asked {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WalError) => void;
}

/** What is done about what the opener tells. */
export interface OpenerNews {
  synced(): void;
  resumed(): void;
  /** The WAL is closing, or the thread that opened it has ended. */
  closing(): void;
}

/** The thread that opened a WAL, as another one sees it that uses it. Keeps this one running only while it is asked. */
export class Opener {
  readonly #path: string;
  readonly #port: MessagePort;
  readonly #asked = new Map<number, Asked>();
  readonly #awaited = new Map<string, Set<() => void>>();
  #trimmed = new Map<string, { readonly id: TableId; readonly upTo: bigint }>();
  #timer: NodeJS.Timeout | null = null;
  #last = 0;
  #isGone = false;
  #news: OpenerNews | null = null;

  constructor(path: string, port: MessagePort) {
    this.#path = path;
    this.#port = port;
    port.on('message', (message: FromOpener) => this.#take(message));
    port.once('close', () => this.#gone());
    port.unref();
  }

  /** Begins to pass on what it tells. */
  begin(news: OpenerNews): void {
    this.#news = news;
    if (this.#isGone) news.closing();
  }

  /** A line to a shard, once its thread is there. */
  async line(shard: number, cells: SharedArrayBuffer, ear: SharedArrayBuffer): Promise<MessagePort> {
    const answer = await this.#ask({ want: 'line', shard, cells, ear });
    if ('line' in answer) return answer.line;
    throw unexpected(this.#path);
  }

  /** The tables of names. */
  async make(names: readonly string[]): Promise<readonly TableId[]> {
    const answer = await this.#ask({ want: 'names', names });
    if ('ids' in answer) return answer.ids;
    throw unexpected(this.#path);
  }

  /** Calls `call` once there is a table of the name. Returns what cancels that. */
  whenMade(name: string, call: () => void): () => void {
    const calls = this.#awaited.get(name) ?? new Set();
    this.#awaited.set(name, calls);
    calls.add(call);
    if (calls.size === 1) this.#tell({ awaitName: name });
    return () => {
      if (!calls.delete(call) || calls.size > 0 || this.#awaited.get(name) !== calls) return;
      this.#awaited.delete(name);
      this.#tell({ forgetName: name });
    };
  }

  /** A table was trimmed: its space is for the opener to give back. */
  trimmed(id: TableId, upTo: bigint): void {
    this.#trimmed.set(tableKey(id), { id, upTo });
    this.#timer ??= setTimeout(() => this.#tellTrimmed(), TRIMMED_AFTER_MS).unref();
  }

  /** Nothing more comes from here. */
  leave(): void {
    this.#tellTrimmed();
    this.#news = null;
    this.#port.close();
  }

  #tellTrimmed(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const trimmed = [...this.#trimmed.values()];
    this.#trimmed = new Map();
    if (trimmed.length > 0) this.#tell({ trimmed });
  }

  #tell(message: ToOpener): void {
    this.#port.postMessage(message);
  }

  async #ask(question: Question): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (this.#isGone) {
        reject(this.#closed());
        return;
      }
      const ask = ++this.#last;
      this.#asked.set(ask, { resolve, reject });
      if (this.#asked.size === 1) this.#port.ref();
      this.#tell({ ask, question });
    });
    if ('error' in answer) throw errorFromData(answer.error);
    return answer;
  }

  #take(message: FromOpener): void {
    if ('to' in message) {
      const asked = this.#asked.get(message.to);
      this.#asked.delete(message.to);
      if (this.#asked.size === 0) this.#port.unref();
      asked?.resolve(message.answer);
    } else if ('named' in message) {
      const calls = this.#awaited.get(message.named) ?? [];
      this.#awaited.delete(message.named);
      for (const call of calls) call();
    } else {
      this.#news?.[message.news]();
    }
  }

  #gone(): void {
    this.#isGone = true;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(this.#closed());
    this.#news?.closing();
  }

  #closed(): WalError {
    return new WalError(
      'SHALE_CLOSED',
      'the thread that opened the WAL has closed it, or has ended: open it again there, and connect to it',
      { path: this.#path },
    );
  }
}

function unexpected(path: string): WalError {
  return new WalError(
    'SHALE_INTERNAL',
    'the thread that opened the WAL gave another answer than was asked for',
    {
      path,
    },
  );
}

import { MessagePort } from 'node:worker_threads';
import { errorFromData, type TableId, tableKey, WalError } from '@shale/codec';
import type { ShardTables } from '../joint/joint-commit.js';
import { type Port, threadPort } from '../shard/port.js';
import type { Answer, FarQuestion, FromOpener, Question, ToOpener } from './control-messages.js';

/** Trims are told of so many milliseconds after the first: nothing waits for their space. */
const TRIMMED_AFTER_MS = 50;

type Told =
  | ToOpener
  | { readonly listen: boolean }
  | { readonly ask: number; readonly question: Question | FarQuestion };

interface Asked {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WalError) => void;
  readonly question: Question | FarQuestion;
}

/** What is done about what the opener tells. */
export interface OpenerNews {
  synced(): void;
  resumed(): void;
  /** The WAL is closing, or the thread that opened it has ended. */
  closing(): void;
}

/**
 * The thread that opened a WAL, as another one sees it that uses it, in the same process or in another. Keeps this one
 * running only while it is asked.
 */
export class Opener {
  /** Whether it is in another process. */
  readonly isFar: boolean;
  readonly #path: string;
  readonly #port: Port;
  readonly #asked = new Map<number, Asked>();
  readonly #awaited = new Map<string, Set<() => void>>();
  #trimmed = new Map<string, { readonly id: TableId; readonly upTo: bigint }>();
  #timer: NodeJS.Timeout | null = null;
  #last = 0;
  #isGone = false;
  #isClosing = false;
  #isListening = false;
  #news: OpenerNews | null = null;

  /** @param isFar whether it is in another process */
  constructor(path: string, port: Port, isFar = false) {
    this.#path = path;
    this.isFar = isFar;
    this.#port = port;
    // The thread that opened it sends nothing else.
    port.onMessage((message) => this.#take(message as FromOpener));
    port.onClose(() => this.#gone());
    port.unref();
  }

  /** Begins to pass on what it tells. */
  begin(news: OpenerNews): void {
    this.#news = news;
    if (this.#isGone || this.#isClosing) news.closing();
  }

  /** A line to a shard, once its thread is there. */
  async line(shard: number, cells: SharedArrayBuffer, ear: SharedArrayBuffer): Promise<Port> {
    const answer = await this.ask({ want: 'line', shard, cells, ear });
    if ('line' in answer) return answer.line instanceof MessagePort ? threadPort(answer.line) : answer.line;
    throw unexpected(this.#path);
  }

  /** The tables of names. */
  async make(names: readonly string[]): Promise<readonly TableId[]> {
    const answer = await this.ask({ want: 'names', names });
    if ('ids' in answer) return answer.ids;
    throw unexpected(this.#path);
  }

  /** Writes a frame over tables of several shards there. */
  async joint(tables: readonly ShardTables[], frame: Uint8Array): Promise<Uint8Array> {
    const shards = tables.map(({ shard }) => shard.index);
    const answer = await this.ask({ want: 'joint', shards, ids: tables.map(({ ids }) => ids), frame });
    if ('frame' in answer) return answer.frame;
    throw unexpected(this.#path);
  }

  /** Whether what is done to tables is to be told from now on. A thread hears of it by its memory. */
  listens(isListening: boolean): void {
    if (!this.isFar || isListening === this.#isListening) return;
    this.#isListening = isListening;
    this.#tell({ listen: isListening });
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

  #tell(message: Told): void {
    this.#port.post(message);
  }

  /** Asks, and waits for the answer. Rejects with the error that it is, and when it does not come. */
  async ask(question: Question | FarQuestion): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (this.#isGone) {
        reject(this.#closed());
        return;
      }
      const ask = ++this.#last;
      this.#asked.set(ask, { resolve, reject, question });
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
      // Who is only just connecting has to know of it, too: it is waited for.
      if (message.news === 'closing') this.#isClosing = true;
      this.#news?.[message.news]();
    }
  }

  #gone(): void {
    this.#isGone = true;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject, question } of asked)
      reject(question.want === 'joint' ? this.#unknown() : this.#closed());
    this.#news?.closing();
  }

  #unknown(): WalError {
    const message =
      'the process that opened the WAL ended before it answered: the write may or may not be in';
    return new WalError('SHALE_OUTCOME_UNKNOWN', message, { path: this.#path });
  }

  #closed(): WalError {
    return new WalError(
      'SHALE_CLOSED',
      `the ${this.isFar ? 'process' : 'thread'} that opened the WAL has closed it, or has ended: open it again there, and connect to it`,
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

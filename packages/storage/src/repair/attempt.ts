import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorFromData } from '@shale/codec';
import { addonPath, installedPackage } from '@shale/rocksdb';
import type { RepairLoss, RepairProgress } from './events.js';
import type { ProcessMessage, ProcessOrder } from './process-messages.js';
import { type RepairOrder, RepairRun, type RunPlace, type RunTotals } from './run.js';

/** The process of a go at a repair ended before it was done. */
export interface AttemptDeath {
  readonly type: 'dead';
  /** What it was at. */
  readonly place: RunPlace;
  /** How it ended. */
  readonly how: string;
  /** The caller asked for that. */
  readonly asked: boolean;
}

/** What a go at a repair comes to. */
export type AttemptEnd = { readonly type: 'done'; readonly totals: RunTotals } | AttemptDeath;

/** The last one is an end. */
export type AttemptEvent = RepairLoss | RepairProgress | AttemptEnd;

/** Yarn's Plug'n'Play: without it a process does not find its own files. */
const PLUG_AND_PLAY = /(?:-r|--require)[ =]\S*\.pnp\.c?js/g;
/** Sent by people and by their systems to end a process, and not by what goes wrong in one. */
const ASKED: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);
const MOST_WORDS = 2000;

/**
 * One go at a repair, in a process of its own: damaged files can bring RocksDB to end the process that reads them.
 * Where no process may be started, or its program is not there, as in a bundle, it works in this one.
 */
export async function* attempt(order: RepairOrder): AsyncGenerator<AttemptEvent, void, undefined> {
  const child = start();
  if (child !== null && (yield* new Attempt(child, order).run())) return;
  yield* attemptHere(order);
}

/** One go at a repair in this process, which damage may end. */
export async function* attemptHere(order: RepairOrder): AsyncGenerator<AttemptEvent, void, undefined> {
  const run = new RepairRun(order, async () => {});
  yield* run.events();
  yield { type: 'done', totals: run.totals };
}

/** Null when there can be none. */
function start(): ChildProcess | null {
  const program = join(
    installedPackage('@shale/storage', import.meta.url) ?? '.',
    'dist/repair/repair-process.js',
  );
  if (!existsSync(program)) return null;
  const { NODE_OPTIONS = '', ...env } = process.env;
  // The application's preloads have no business there.
  const options = NODE_OPTIONS.match(PLUG_AND_PLAY)?.join(' ');
  try {
    return fork(program, {
      execArgv: [],
      env: options === undefined ? env : { ...env, NODE_OPTIONS: options },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  } catch (error) {
    // Under Node's permission model, without --allow-child-process.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_ACCESS_DENIED') return null;
    throw error;
  }
}

class Attempt {
  readonly #child: ChildProcess;
  readonly #order: RepairOrder;
  readonly #messages: ProcessMessage[] = [];
  #place: RunPlace = { file: null, mended: [] };
  #ended: { readonly how: string; readonly asked: boolean } | null = null;
  #words = '';
  #heard = false;
  #wake: () => void = () => {};

  constructor(child: ChildProcess, order: RepairOrder) {
    this.#child = child;
    this.#order = order;
  }

  /** False when its process came to an end before it had begun. */
  async *run(): AsyncGenerator<AttemptEvent, boolean, undefined> {
    this.#listen();
    try {
      this.#send();
      for (;;) {
        const message = this.#messages.shift();
        if (message === undefined) {
          if (this.#ended !== null) break;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        if (message.kind === 'event') yield message.event;
        else if (message.kind === 'place') this.#place = message.place;
        else if (message.kind === 'failed') throw errorFromData(message.error);
        else {
          yield { type: 'done', totals: message.totals };
          return true;
        }
      }
      if (this.#heard) yield { type: 'dead', place: this.#place, ...this.#ended };
      return this.#heard;
    } finally {
      await this.#gone();
    }
  }

  #listen(): void {
    const child = this.#child;
    child.on('message', (message: ProcessMessage) => {
      this.#heard = true;
      this.#messages.push(message);
      this.#wake();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(0, MOST_WORDS);
    });
    child.on('error', () => {
      // It could not be started, or told something: its end says the rest.
      if (child.pid === undefined) this.#end('it could not be started', false);
    });
    // Behind all that it has said.
    child.on('close', (code, signal) => {
      const [words = ''] = this.#words.split('\n').filter((line) => line.trim() !== '');
      const how = `${signal ?? `exit code ${code}`}${words === '' ? '' : `: ${words}`}`;
      this.#end(how, signal !== null && ASKED.has(signal));
    });
  }

  #end(how: string, asked: boolean): void {
    this.#ended = { how, asked };
    this.#wake();
  }

  #send(): void {
    const { from, workspace, distrusted, keepFiles } = this.#order;
    const { root, result } = workspace;
    const order: ProcessOrder = {
      from,
      root,
      result,
      distrusted: [...distrusted],
      keepFiles,
      addon: addonPath(),
    };
    this.#child.send(order, () => {
      // When it cannot be told, it has ended.
    });
  }

  /** Ends it, if it has not ended by itself, and waits until it has let go of its files. */
  async #gone(): Promise<void> {
    if (this.#ended !== null) return;
    this.#child.kill('SIGKILL');
    while (this.#ended === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

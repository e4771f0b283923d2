import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { openWal, type Wal, WalError } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { type Random, randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { violationsOf } from './check.js';
import { Clients } from './clients.js';
import type { Op } from './history.js';
import { joinedHistory } from './joiners.js';
import { JournalSource, readJournal } from './journal-source.js';
import { TARGETS, work } from './work.js';

/** Violations that a failure shows. */
const SHOWN = 20;
/** At a time, besides the owner. */
const THREADS = 3;
const PROCESSES = 2;
/** Milliseconds of a history. */
const LEAST_MS = 400;
const MORE_MS = 900;

/** Lets threads and processes use one log, ends them at random, and closes the log under them. */
export const sharers: Attack = {
  name: 'sharers',
  summary:
    'threads and processes that use one log, each ended at random, its owner, too, and a log that is closed under them',
  unit: 'histories',
  longCount: 1000,
  async run({ seed, count, directory, progress }: AttackContext): Promise<Record<string, number>> {
    let operations = 0;
    for (let i = 0; i < count; i++) {
      operations += await (i % 2 === 0 ? history : joinedHistory)(directory, seed + i);
      progress(i + 1, `${operations} operations`);
    }
    return { histories: count, operations };
  },
};

/**
 * One history, of so many milliseconds at least. Rejects when they were told what no one log could have said.
 */
export async function history(parent: string, seed: number, leastMs: number = LEAST_MS): Promise<number> {
  const directory = mkdtempSync(join(parent, 'shale-sharers-'));
  try {
    const ops = await new History(directory, seed).record(leastMs);
    const violations = violationsOf(ops);
    if (violations.length > 0) throw new Error(violations.slice(0, SHOWN).join('\n'));
    return ops.length;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the history of seed ${seed} is not one of a log: ${what}`, { cause });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

class History {
  readonly #directory: string;
  readonly #random: Random;
  readonly #journals: string[] = [];
  readonly #socket: string;
  #isOver = false;

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#random = randomFrom(seed);
    this.#socket = join(directory, 'socket');
    mkdirSync(join(directory, 'log'));
  }

  async record(leastMs: number): Promise<Op[]> {
    const random = this.#random;
    const options = { shards: 1 + random.below(3), durability: random.of(['os', 'os', 'sync'] as const) };
    const wal = await openWal(join(this.#directory, 'log'), options);
    await wal.listen(this.#socket);
    const own = new Clients(wal, randomFrom(random.below(2 ** 31)), true, this.#source());
    const others = Promise.all([
      ...Array.from({ length: THREADS }, () => this.#again(() => this.#thread(wal))),
      ...Array.from({ length: PROCESSES }, () => this.#again(() => this.#process())),
    ]);
    // They are waited for at the end.
    others.catch(() => undefined);
    const ours = work(own, randomFrom(random.below(2 ** 31)), () => true).catch(expectClosed);
    ours.catch(() => undefined);
    const deaths = random.once(2) ? this.#killThreads(wal) : Promise.resolve();
    await pause(leastMs + random.below(MORE_MS));
    this.#isOver = true;
    await deaths;
    await wal.close();
    await Promise.all([ours, others]);
    const again = await openWal(join(this.#directory, 'log'), options);
    try {
      // What is there when all is quiet.
      const last = new Clients(again, random, false, this.#source());
      for (const target of TARGETS) await last.read(target, true);
    } finally {
      await again.close();
    }
    return this.#journals.flatMap((journal) => readJournal(journal));
  }

  #source(): JournalSource {
    const client = this.#journals.length;
    const journal = join(this.#directory, `journal-${client}`);
    this.#journals.push(journal);
    return new JournalSource(journal, client);
  }

  /** What one of them is given. */
  #given(): Record<string, unknown> {
    const { client } = this.#source();
    const random = this.#random;
    const end = random.once(2)
      ? null
      : { how: random.of(['exit', 'throw'] as const), afterMs: 50 + random.below(500) };
    const journal = this.#journals[client] ?? '';
    return { socket: this.#socket, journal, client, seed: random.below(2 ** 31), end };
  }

  /** One after the other, until it is over. */
  async #again(run: () => Promise<void>): Promise<void> {
    while (!this.#isOver) await run();
  }

  async #thread(wal: Wal): Promise<void> {
    let shared: ReturnType<Wal['share']>;
    try {
      shared = wal.share();
    } catch (error) {
      expectClosed(error);
      return;
    }
    const { handle, transfer } = shared;
    const program = new URL('./sharer.js', import.meta.url);
    const worker = new Worker(program, {
      workerData: { ...this.#given(), handle },
      transferList: [...transfer],
    });
    const failed: unknown[] = [];
    worker.on('error', (error) => failed.push(error));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const kill = this.#random.once(2) ? setTimeout(() => void worker.terminate(), this.#soon()) : undefined;
    await ended;
    clearTimeout(kill);
    for (const error of failed) this.#expectEnd(String(error));
  }

  async #process(): Promise<void> {
    const program = fileURLToPath(new URL('./sharer.js', import.meta.url));
    const child: ChildProcess = fork(program, [JSON.stringify(this.#given())], { silent: true });
    let said = '';
    child.stderr?.on('data', (data) => {
      said += String(data);
    });
    const kill = this.#random.once(2) ? setTimeout(() => child.kill('SIGKILL'), this.#soon()) : undefined;
    const [code] = await once(child, 'exit');
    clearTimeout(kill);
    if (code === 1) this.#expectEnd(said);
  }

  #soon(): number {
    return 100 + this.#random.below(500);
  }

  /** Throws unless that is how one of them may end: as it was told to, or because the log is closed. */
  #expectEnd(said: string): void {
    const isMeant = said.includes('a mistake of the application');
    // One that connects while the log closes finds nobody, or is told so.
    const isClosed = this.#isOver && /SHALE_CLOSED|SHALE_NOT_FOUND/.test(said + codeIn(said));
    if (!isMeant && !isClosed) throw new Error(`a thread or process failed: ${said}`);
  }

  async #killThreads(wal: Wal): Promise<void> {
    while (!this.#isOver) {
      await pause(this.#random.below(150));
      // Only threads that have started: one that dies at every start is given up.
      await wal.stats().catch(() => undefined);
      if (this.#isOver) return;
      await engineOf(wal).shards[this.#random.below(wal.options.shards)]?.thread?.worker?.terminate();
    }
  }
}

/** Of an error that came as text from a thread, by what it says. */
function codeIn(said: string): string {
  return /is closed|has closed it|no process listens|takes no more/.test(said) ? 'SHALE_CLOSED' : '';
}

function expectClosed(error: unknown): void {
  if (!(error instanceof WalError && error.code === 'SHALE_CLOSED')) throw error;
}

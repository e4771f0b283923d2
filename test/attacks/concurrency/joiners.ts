// Histories of processes that join one log: whoever is first has it open, is ended at random like all others, and another one
// takes over.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openWal } from '@shale/engine';
import { HANG_MS } from '../../support/patience.js';
import { type Random, randomFrom } from '../../support/random.js';
import { violationsOf } from './check.js';
import { Clients } from './clients.js';
import type { Op } from './history.js';
import { JournalSource, readJournal } from './journal-source.js';
import { TARGETS } from './work.js';

/** Violations that a failure shows. */
const SHOWN = 20;
/** At a time. */
const PROCESSES = 3;
/** Milliseconds of a history, from when the first one has begun. */
const LEAST_MS = 800;
const MORE_MS = 1200;

/** One history of joined processes. Rejects when they were told what no one log could have said. */
export async function joinedHistory(parent: string, seed: number): Promise<number> {
  const directory = mkdtempSync(join(parent, 'shale-joiners-'));
  try {
    const ops = await new JoinedHistory(directory, seed).record();
    const violations = violationsOf(ops);
    if (violations.length > 0) throw new Error(violations.slice(0, SHOWN).join('\n'));
    return ops.length;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the history of joined processes of seed ${seed} is not one of a log: ${what}`, {
      cause,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

class JoinedHistory {
  readonly #directory: string;
  readonly #log: string;
  readonly #random: Random;
  readonly #journals: string[] = [];
  #isOver = false;

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#log = join(directory, 'log');
    this.#random = randomFrom(seed);
  }

  async record(): Promise<Op[]> {
    const random = this.#random;
    const processes = Promise.all(Array.from({ length: PROCESSES }, () => this.#again()));
    processes.catch(() => undefined);
    await Promise.race([this.#begun(), processes]);
    await pause(LEAST_MS + random.below(MORE_MS));
    this.#isOver = true;
    await processes;
    const wal = await openWal(this.#log, { waitForLock: HANG_MS });
    try {
      // What is there when all is quiet.
      const last = new Clients(wal, random, false, this.#source());
      for (const target of TARGETS) await last.read(target, true);
    } finally {
      await wal.close();
    }
    return this.#journals.flatMap((journal) => readJournal(journal));
  }

  /** Resolves when one of them has been told something. */
  async #begun(): Promise<void> {
    while (!this.#journals.some((journal) => readJournal(journal).length > 0)) await pause(20);
  }

  async #again(): Promise<void> {
    while (!this.#isOver) await this.#process();
  }

  #source(): JournalSource {
    const client = this.#journals.length;
    const journal = join(this.#directory, `journal-${client}`);
    this.#journals.push(journal);
    return new JournalSource(journal, client);
  }

  async #process(): Promise<void> {
    const { client } = this.#source();
    const random = this.#random;
    const how = random.of(['kill', 'kill', 'exit', 'throw', 'close', 'stop'] as const);
    const afterMs = 100 + random.below(600);
    const isOwnEnd = how === 'exit' || how === 'throw' || how === 'close';
    const options = {
      // What belongs to which shard changes with the owner.
      shards: 1 + random.below(3),
      durability: random.of(['os', 'os', 'sync'] as const),
      waitForLock: HANG_MS,
    };
    const given = {
      socket: '',
      join: { path: this.#log, options },
      journal: this.#journals[client] ?? '',
      client,
      seed: random.below(2 ** 31),
      end: isOwnEnd ? { how, afterMs } : null,
    };
    const program = fileURLToPath(new URL('./sharer.js', import.meta.url));
    const child: ChildProcess = fork(program, [JSON.stringify(given)], { silent: true });
    let said = '';
    child.stderr?.on('data', (data) => {
      said += String(data);
    });
    const timer = isOwnEnd
      ? undefined
      : setTimeout(() => {
          // One that stands still keeps the log, if it is the owner; the others wait for it.
          if (how === 'stop') child.kill('SIGSTOP');
          setTimeout(() => child.kill('SIGKILL'), how === 'stop' ? 200 : 0);
        }, afterMs);
    const [code] = await once(child, 'exit');
    clearTimeout(timer);
    if (code === 1 && !said.includes('a mistake of the application'))
      throw new Error(`a process failed: ${said}`);
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RepairEvent, type RepairLoss, repairDatabase } from '@shale/storage';

/** A repair to be made. */
export interface RepairTask {
  readonly from: string;
  readonly to: string;
  readonly keepFiles: boolean;
}

/** What a repair has said. */
export interface Repaired {
  readonly losses: readonly RepairLoss[];
  /** It ended with totals, and they count the losses. */
  readonly done: boolean;
}

const PROGRAM = fileURLToPath(new URL('./process.js', import.meta.url));
/** One in so many repairs gets a process of its own, as every repair does that is not made here. */
const OWN_PROCESS = 8;

/**
 * Makes repairs in one process after the other, because starting one takes longer than most repairs. Where damage ends the
 * process, the repair is made as it is for everybody, in one of its own.
 */
export class Repairer {
  #child: ChildProcess | undefined;
  #made = 0;

  async repair(task: RepairTask): Promise<Repaired> {
    const here = this.#made++ % OWN_PROCESS === 0 ? undefined : await this.#tell(task);
    if (here === undefined) removeOthers(task);
    return here ?? (await repaired(repairDatabase(task.from, task.to, { keepFiles: task.keepFiles })));
  }

  close(): void {
    this.#child?.kill();
    this.#child = undefined;
  }

  /** Undefined when the process has died of it. */
  #tell(task: RepairTask): Promise<Repaired | undefined> {
    this.#child ??= fork(PROGRAM, {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const child = this.#child;
    return new Promise((resolve, reject) => {
      child.removeAllListeners();
      child.once('message', (answer: Repaired | { failure: string }) => {
        if ('failure' in answer) reject(new Error(answer.failure));
        else resolve(answer);
      });
      child.once('error', reject);
      child.once('exit', () => {
        this.#child = undefined;
        resolve(undefined);
      });
      child.send(task);
    });
  }
}

/** What a process that has died was working at: whoever has started one for a repair removes it. */
function removeOthers({ from, to }: RepairTask): void {
  for (const name of readdirSync(dirname(to))) {
    if (name !== basename(from)) rmSync(join(dirname(to), name), { recursive: true });
  }
}

/** Hears a repair to its end. */
export async function repaired(events: AsyncIterable<RepairEvent>): Promise<Repaired> {
  const losses: RepairLoss[] = [];
  let done = false;
  for await (const event of events) {
    if (event.type === 'loss') losses.push(event);
    if (event.type === 'totals') done = event.losses === losses.length;
  }
  return { losses, done };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WalError } from '@shale/engine';
import { Random } from '@shale/fault-kit';
import { listBackups, openLog, restoreBackup } from '@shale/storage';
import type { Attack, AttackContext } from '../parts/attack.js';
import { pause } from '../parts/pause.js';
import type { Order, Outcome, Said } from './orders.js';

/** Makes checkpoints, backups and restores, by all spellings, at once, into each other and killed at any moment. */
export const targets: Attack = {
  name: 'targets',
  summary:
    'checkpoints, backups and restores at once, by many spellings, killed at any moment: nothing of others is touched, and what is there is whole',
  unit: 'rounds',
  longCount: 500,
  run: (context) => runTargets(context),
};

const ID = { region: 1n, table: 1n };
const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));
const PRECIOUS = 'nobody else has this';

/** The attack. Log 0 keeps few backups, log 1 all. */
export async function runTargets(context: AttackContext): Promise<Record<string, number>> {
  const { seed, count, directory, progress } = context;
  const site = new Site(directory, new Random(seed));
  await site.prepare();
  for (let round = 0; round < count; round++) {
    await site.round(round);
    progress(round + 1, `${site.figures.kills} kills`);
  }
  await site.end();
  return site.figures;
}

class Site {
  readonly figures = { kills: 0, made: 0, refused: 0, locked: 0, restored: 0 };
  readonly #directory: string;
  readonly #random: Random;
  readonly #logs: readonly string[];
  readonly #backups: string;
  readonly #precious: string[] = [];
  /** Backups that were acknowledged, by log, with how many entries the log had before. */
  readonly #acknowledged: Map<number, number>[] = [new Map(), new Map()];
  #entries: readonly number[] = [0, 0];
  #child: Child | undefined;
  #made = 0;

  constructor(directory: string, random: Random) {
    this.#directory = directory;
    this.#random = random;
    this.#logs = [join(directory, 'log-0'), join(directory, 'log-1')];
    this.#backups = join(directory, 'backups');
  }

  async prepare(): Promise<void> {
    await symlink('.', join(this.#directory, 'here'));
    await symlink('backups', join(this.#directory, 'alias'));
    await mkdir(this.#backups);
    await this.#treasure(join(this.#backups, 'README'));
  }

  async round(round: number): Promise<void> {
    this.#child ??= await this.#start();
    const child = this.#child;
    const orders = Array.from({ length: this.#random.integer(1, 3) }, () => this.#order());
    for (const { call, to } of orders) {
      // What has the name that RocksDB gives its own workspace.
      if (call === 'checkpoint' && this.#isNew(to)) await this.#treasure(join(`${to}.tmp`, 'letter'));
    }
    child.order(orders);
    const begun = await child.next('begun');
    this.#entries = begun.entries;
    let outcomes: readonly Outcome[] = [];
    if (this.#random.chance(0.6)) {
      await pause(this.#random.integer(0, 60));
      await child.kill();
      this.#child = undefined;
      this.figures.kills += 1;
    } else {
      ({ outcomes } = await child.next('done'));
      await this.#requireLocked();
    }
    for (const [index, outcome] of outcomes.entries()) this.#judge(orders[index] as Order, outcome);
    await this.#check(orders, outcomes, round);
  }

  async end(): Promise<void> {
    await this.#child?.kill();
  }

  async #start(): Promise<Child> {
    const child = new Child([this.#backups, ...this.#logs]);
    const { entries } = await child.next('opened');
    for (const [log, before] of this.#entries.entries()) {
      if ((entries[log] ?? 0) < before)
        throw new Error(`log ${log} has lost entries: ${entries[log]} of ${before}`);
    }
    return child;
  }

  #order(): Order {
    const random = this.#random;
    const log = random.integer(0, 1);
    if (random.chance(0.2)) {
      const inside = random.pick(['', '/', '/new', '/new/deep', '/../log-1', '/.']);
      const to = this.#spelt(`log-${random.integer(0, 1)}${inside}`);
      return { call: random.pick(['checkpoint', 'backup', 'restore']), log, to, wrong: true };
    }
    const call = random.pick(['checkpoint', 'backup', 'backup', 'restore'] as const);
    if (call !== 'backup') {
      this.#made += 1;
      return { call, log, to: this.#spelt(`made-${this.#made}`), wrong: false };
    }
    const to = random.pick([this.#spelt('backups'), this.#spelt('alias')]);
    return log === 0
      ? { call, log, to, keep: random.integer(1, 2), wrong: false }
      : { call, log, to, wrong: false };
  }

  #spelt(name: string): string {
    return `${this.#directory}/${this.#random.pick(['', './', 'here/', 'here/here/', 'backups/../'])}${name}`;
  }

  #isNew(to: string): boolean {
    return /made-\d+$/.test(to);
  }

  async #treasure(path: string): Promise<void> {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, PRECIOUS);
    this.#precious.push(path);
  }

  #judge(order: Order, { id, code }: Outcome): void {
    if (code === 'SHALE_LOCKED' && order.call !== 'checkpoint') this.figures.locked += 1;
    else if (order.wrong && code === 'SHALE_INVALID_ARGUMENT') this.figures.refused += 1;
    else if (order.call === 'restore' && code === 'SHALE_NOT_FOUND') this.figures.refused += 1;
    else if (order.wrong || code !== undefined) {
      throw new Error(`${JSON.stringify(order)} had the outcome ${code ?? 'done'}`);
    } else {
      this.figures.made += 1;
      if (order.call === 'backup' && id !== undefined) {
        this.#acknowledged[order.log]?.set(id, this.#entries[order.log] ?? 0);
      }
    }
  }

  /** Nothing that was done has taken a lock away. */
  async #requireLocked(): Promise<void> {
    const probe = spawn(process.execPath, [PROCESS, this.#backups, this.#random.pick(this.#logs)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    probe.stdin.end();
    const [code] = await once(probe, 'close');
    if (code === 0) throw new Error('a second process could open a log that is open');
  }

  async #check(orders: readonly Order[], outcomes: readonly Outcome[], round: number): Promise<void> {
    for (const path of this.#precious) {
      if ((await readFile(path, 'utf8')) !== PRECIOUS) throw new Error(`${path} has changed`);
    }
    for (const name of await readdir(this.#directory)) {
      if (/^(?:log-[01]|here|alias|backups|made-\d+(?:\.tmp)?)$/.test(name)) continue;
      if (!/^\.made-\d+\.partial-\w{6}$/.test(name)) throw new Error(`${name} has come to be`);
      if (this.#child !== undefined && outcomes.length > 0) throw new Error(`${name} was left behind`);
      await rm(join(this.#directory, name), { recursive: true });
    }
    await this.#checkMade(orders, outcomes);
    if (this.#child === undefined || this.#random.chance(0.3)) await this.#checkBackups(round);
  }

  async #checkMade(orders: readonly Order[], outcomes: readonly Outcome[]): Promise<void> {
    for (const [index, { call, log, to }] of orders.entries()) {
      if (call === 'backup' || !this.#isNew(to)) continue;
      const count = await entriesIn(to);
      if (count === null && outcomes[index]?.id !== undefined) throw new Error(`${to} is not there`);
      const least = call === 'checkpoint' ? (this.#entries[log] ?? 0) : 1;
      if (count !== null && count < least)
        throw new Error(`${to} has ${count} entries, and ${least} were acknowledged`);
      await rm(to, { recursive: true, force: true });
    }
  }

  async #checkBackups(round: number): Promise<void> {
    const { backups, damaged } = await listBackups(this.#backups).catch((error: unknown) => {
      if (error instanceof WalError && error.code === 'SHALE_NOT_FOUND') return { backups: [], damaged: [] };
      throw error;
    });
    if (damaged.length > 0) throw new Error(`backups are damaged: ${damaged.join(', ')}`);
    const there = new Set(backups.map(({ id }) => id));
    const [few, all] = this.#acknowledged.map((each) => [...each.keys()]);
    for (const id of all ?? [])
      if (!there.has(id)) throw new Error(`backup ${id} was removed for another log`);
    const newest = Math.max(0, ...(few ?? []));
    if (newest > 0 && !backups.some(({ id }) => id >= newest)) throw new Error(`backup ${newest} is gone`);
    if (backups.length === 0) return;
    const { id } = this.#random.pick(backups);
    const to = join(this.#directory, 'made-0');
    await restoreBackup(this.#backups, to, { id });
    const least = this.#acknowledged.map((each) => each.get(id)).find((each) => each !== undefined) ?? 1;
    const count = (await entriesIn(to)) ?? 0;
    if (count < least) throw new Error(`backup ${id} has ${count} entries of ${least}, in round ${round}`);
    await rm(to, { recursive: true });
    this.figures.restored += 1;
  }
}

/** How many entries a log has; null when there is none. */
async function entriesIn(path: string): Promise<number | null> {
  try {
    const log = await openLog(path, { readOnly: true });
    try {
      let count = 0;
      for (const _ of log.read(ID)) count += 1;
      return count;
    } finally {
      await log.close();
    }
  } catch (error) {
    if (error instanceof WalError && error.code === 'SHALE_NOT_FOUND') return null;
    throw error;
  }
}

class Child {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[]) {
    this.#process = spawn(process.execPath, [PROCESS, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#process.stdout === null) throw new Error('the process has no output');
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  order(orders: readonly Order[]): void {
    this.#process.stdin?.write(`${JSON.stringify(orders)}\n`);
  }

  async next<S extends Said['say']>(say: S): Promise<Extract<Said, { say: S }>> {
    const { done, value } = await this.#lines.next();
    if (done === true) throw new Error(`the process ended before it said '${say}'`);
    const said = JSON.parse(value) as Said;
    if (said.say !== say) throw new Error(`the process said '${said.say}', and not '${say}'`);
    return said as Extract<Said, { say: S }>;
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

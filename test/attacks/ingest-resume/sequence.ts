import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Random } from '../../support/random.js';
import { type Feed, type Outcome, type Stop, shale, shaleHere } from './command.js';
import {
  brokenOff,
  bytesOf,
  InputMaker,
  type Kind,
  type Line,
  MAX_LINE,
  OPTIONS,
  rejectedNumbers,
} from './input.js';
import { Oracle } from './oracle.js';
import { RejectFiles } from './reject-files.js';

/** What the attack counts. */
export type Figures = Record<
  | 'runs'
  | 'kills'
  | 'signals'
  | 'refused'
  | 'shortInputs'
  | 'restarts'
  | 'disturbed'
  | 'rejects'
  | 'entriesCompared',
  number
>;

/** Codes of an ingest that had begun when it ended. */
const BEGAN: readonly (number | null)[] = [0, 1, 129, 130, 143];
const REFUSED = 3;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One ingest and all that happens to it, until it is complete. */
export class Sequence {
  readonly #random: Random;
  readonly #figures: Figures;
  readonly #kind: Kind;
  readonly #source: 'file' | 'pipe';
  readonly #durability: 'sync' | 'os';
  readonly #directory: string;
  readonly #data: string;
  readonly #input: string;
  readonly #maker: InputMaker;
  readonly #oracle: Oracle;
  readonly #rejects: RejectFiles;
  readonly #told: string[] = [];
  #lines: Line[];
  /** The journal knows the options. */
  #recorded = false;
  #complete = false;
  /** The last line of a complete input had no end. */
  #sealed = false;
  /** A run was ended in such a way that its last entries are in doubt. */
  #doubt = false;
  /** Others may have written to tables that are in doubt. */
  #disturbed = false;

  constructor(directory: string, random: Random, figures: Figures) {
    mkdirSync(directory);
    this.#random = random;
    this.#figures = figures;
    this.#kind = random.of(['lines', 'ndjson', 'csv']);
    this.#source = random.of(['file', 'pipe']);
    this.#durability = random.once(3) ? 'os' : 'sync';
    this.#directory = directory;
    this.#data = join(directory, 'data');
    this.#input = join(directory, `in.${this.#kind}`);
    this.#maker = new InputMaker(this.#kind, random);
    this.#lines = this.#maker.lines(random.of([3, 60, 800, 800, 6000, 15_000]));
    this.#oracle = new Oracle(this.#data);
    if (random.once(6)) this.#putInTheWay();
    this.#rejects = new RejectFiles(directory);
    if (random.once(6)) this.#rejects.leave(this.#link());
  }

  /** What has been run so far. */
  get story(): string {
    return this.#told.join('\n');
  }

  async run(): Promise<void> {
    const steps = 1 + this.#random.below(4);
    for (let step = 0; step < steps; step += 1) await this.#step(step);
    await this.#finish();
    this.#figures.entriesCompared += this.#oracle.compared;
  }

  async #step(step: number): Promise<void> {
    const random = this.#random;
    if (step === 0 || random.once(2)) return this.#interrupted();
    switch (random.below(8)) {
      case 0:
      case 1:
        return this.#short();
      case 2:
        return this.#grown();
      case 3:
        return this.#changed();
      case 4:
        return this.#otherOptions();
      case 5:
        return this.#restarted();
      case 6:
        return this.#others();
      default:
        this.#rejects.move();
        return this.#interrupted();
    }
  }

  /** Stopped, or killed, at some moment. */
  async #interrupted(flags: readonly string[] = this.#resume()): Promise<void> {
    await this.#ingest(this.#lines, flags, this.#stop());
  }

  /** The input ends too early, perhaps in the middle of a line. */
  async #short(): Promise<void> {
    const random = this.#random;
    this.#figures.shortInputs += 1;
    const lines = this.#lines.slice(0, 1 + random.below(this.#lines.length));
    const breaks = random.once(3) && lines.length > 1;
    const given = breaks ? brokenOff(this.#kind, lines, random) : lines;
    const isBroken = given.at(-1)?.text.endsWith('\n') === false;
    const { code } = await this.#ingest(
      given,
      this.#resume(),
      isBroken || random.once(2) ? undefined : this.#stop(),
    );
    if (!isBroken || (code !== 0 && code !== 1)) return;
    if (lines.length === this.#lines.length && this.#sealed) return;
    // The broken line was the last one, so it was taken as it was.
    this.#lines = given;
    if (this.#sealed) return;
    this.#sealed = true;
    const grown = [...lines, ...this.#maker.lines(3)];
    await this.#refused(grown, this.#resume(), 'a last line that has grown was taken');
  }

  async #grown(): Promise<void> {
    if (this.#sealed) return this.#interrupted();
    this.#lines.push(...this.#maker.lines(1 + this.#random.below(500)));
    await this.#ingest(this.#lines, this.#resume(), this.#random.once(2) ? this.#stop() : undefined);
  }

  async #changed(): Promise<void> {
    const random = this.#random;
    const at = random.of([random.below(this.#lines.length), 1, this.#lines.length - 1]);
    const given = this.#lines.map((line, i) => (i === at ? this.#maker.changed(line) : line));
    await this.#ingest(given, this.#resume(), random.once(3) ? this.#stop() : undefined);
    this.#lines = this.#oracle.asTaken(this.#lines);
  }

  async #otherOptions(): Promise<void> {
    if (!this.#oracle.touched) return this.#interrupted();
    const other = this.#kind === 'lines' ? ['--table', 'other'] : ['--table-by', 'i'];
    await this.#refused(
      this.#lines,
      ['--resume', ...this.#random.of([other, ['--lossless'], ['--max-line', '7']])],
      'other options were taken',
    );
    if (this.#source === 'file') await this.#refused(this.#lines, [], 'it began anew without being asked');
  }

  async #restarted(): Promise<void> {
    this.#figures.restarts += 1;
    const flag = this.#complete && this.#random.once(2) ? '--again' : '--restart';
    await this.#interrupted([flag, ...this.#options()]);
  }

  /** Another ingest, of an input with the same base name, into the same tables or into others. */
  async #others(): Promise<void> {
    const random = this.#random;
    const same = random.once(2);
    const table = same ? (this.#kind === 'lines' ? 't' : 'h0') : 'other';
    const folder = join(this.#directory, 'other');
    mkdirSync(folder, { recursive: true });
    const input = join(folder, basename(this.#input));
    const [head, line] =
      this.#kind === 'csv' ? ['h,i,v\n', `${table},0,foreign\n`] : ['', `{"h":"${table}"}\n`];
    writeFileSync(input, `${head}${line}${'y'.repeat(MAX_LINE)}\n`);
    const options = this.#options().map((option) => (option === 't' ? table : option));
    const outcome = await this.#run(['ingest', this.#data, input, ...options, '--restart']);
    if (outcome.code !== 1) throw new Error(`another ingest ended with ${outcome.code}: ${outcome.stderr}`);
    this.#rejects.check(false);
    const named = /kept in (.*)/.exec(outcome.stdout)?.[1];
    if (named === undefined) throw new Error('another ingest kept its rejected line nowhere');
    this.#rejects.leave(named);
    await this.#oracle.lookAgain();
    if (same && this.#doubt) {
      this.#disturbed = true;
      this.#figures.disturbed += 1;
    }
  }

  /** The whole input, to its end. */
  async #finish(): Promise<void> {
    const { code, stdout, stderr } = await this.#ingest(this.#lines, [...this.#resume(), '--json']);
    // Nobody can tell its entries from those of others then: to go on is refused, and nothing is wrong.
    if (code === REFUSED && this.#disturbed && /DISTURBED|came from lines behind/.test(stderr)) return;
    if (code !== 0 && code !== 1) throw new Error(`the whole input was not taken, but ${code}: ${stderr}`);
    const { rejectFile } = JSON.parse(stdout) as { rejectFile?: string };
    const rejected = rejectedNumbers(this.#lines);
    this.#rejects.checkComplete(rejectFile, rejected);
    this.#figures.rejects += rejected.length;
  }

  /** A run that must be refused, and must not have written anything. */
  async #refused(given: readonly Line[], flags: readonly string[], otherwise: string): Promise<void> {
    const outcome = await this.#ingest([...given], flags, undefined, 'nothing');
    if (outcome.code !== REFUSED)
      throw new Error(`${otherwise}: it ended with ${outcome.code}, not ${REFUSED}`);
  }

  async #ingest(
    given: readonly Line[],
    flags: readonly string[],
    stop?: Stop,
    takes: 'lines' | 'nothing' = 'lines',
  ): Promise<Outcome> {
    const random = this.#random;
    const bytes = bytesOf(given);
    let feed: Feed | undefined;
    let available = given;
    if (this.#source === 'file') {
      writeFileSync(this.#input, bytes);
    } else {
      const ends = stop === undefined || random.once(2);
      const part = ends ? bytes : bytes.subarray(0, random.below(bytes.length + 1));
      if (!ends) available = given;
      feed = { bytes: part, ends, pieces: random.of([1, 1, 2, 5]), wait: stop ? random.below(90) : 0 };
    }
    const anew = flags.includes('--restart') || flags.includes('--again');
    const input = this.#source === 'file' ? this.#input : '-';
    // A last line that is broken off counts as it is, from a file as from a pipe.
    const how = ['--final', '--durability', this.#durability, '--shards', '1'];
    const args = ['ingest', this.#data, input, ...flags, ...how];
    const outcome = await this.#run(args, feed, stop);
    const began = outcome.signal === null && BEGAN.includes(outcome.code);
    const surely = began && (stop === undefined || stop.signals.length === 1);
    const fresh =
      !anew || takes === 'nothing' || (outcome.signal === null && !began) ? 'no' : surely ? 'yes' : 'maybe';
    await this.#oracle.compare(takes === 'nothing' ? [] : available, outcome, fresh);
    if (fresh === 'yes') {
      this.#rejects.leaveOld();
      [this.#doubt, this.#disturbed] = [false, false];
    }
    return this.#settle(outcome, surely);
  }

  #settle(outcome: Outcome, surely: boolean): Outcome {
    const { code, signal } = outcome;
    if (surely || this.#oracle.touched) this.#recorded = true;
    if (code === REFUSED) this.#figures.refused += 1;
    this.#complete = signal === null && (code === 0 || code === 1);
    if (this.#complete) [this.#doubt, this.#disturbed] = [false, false];
    else if (!surely && code !== REFUSED) this.#doubt = true;
    this.#rejects.check(signal === null);
    return outcome;
  }

  async #run(args: readonly string[], feed?: Feed, stop?: Stop): Promise<Outcome> {
    this.#figures.runs += 1;
    this.#rejects.beforeRun();
    const here = stop === undefined && !this.#random.once(4);
    const outcome = here ? await shaleHere(args, feed) : await shale(args, feed, stop);
    const { code, signal, stderr } = outcome;
    const moment = stop
      ? `; ${stop.signals} ${stop.delay} ms after ${stop.begun ? 'it began' : 'the start'}`
      : '';
    const fed = feed ? `; ${feed.bytes.length} bytes${feed.ends ? '' : ', no end'}` : '';
    this.#told.push(
      `shale ${args.join(' ')}${fed}${moment} -> ${signal ?? code}\n    ${stderr.trim().split('\n').slice(-3).join('\n    ')}`,
    );
    if (signal === 'SIGKILL') this.#figures.kills += 1;
    else if (stop) this.#figures.signals += 1;
    if (code === 70) throw new Error(`a fault in Shale: ${stderr}`);
    return outcome;
  }

  #options(): string[] {
    return [...OPTIONS[this.#kind], '--max-line', String(MAX_LINE)];
  }

  #resume(): string[] {
    return this.#recorded ? ['--resume'] : ['--resume', ...this.#options()];
  }

  #stop(): Stop {
    const random = this.#random;
    const begun = !random.once(4);
    const delay = begun ? random.below(random.of([3, 40, 150])) : random.below(400);
    const interval = random.of([20, 60, 10_000]);
    const one = random.of(SIGNALS);
    const signals = random.of<Stop['signals']>([['SIGKILL'], ['SIGKILL'], [one], [one, random.of(SIGNALS)]]);
    return { begun, delay, interval, signals };
  }

  /** A file of somebody where the rejects would go. */
  #putInTheWay(): void {
    writeFileSync(this.#rejectPath(), this.#random.of(['', 'mine\n']));
  }

  /** A link there, to a file of somebody. */
  #link(): string {
    const target = join(this.#directory, 'precious');
    writeFileSync(target, '');
    try {
      symlinkSync(target, this.#rejectPath());
    } catch {
      // There is a file in the way already.
    }
    return target;
  }

  #rejectPath(): string {
    return `${this.#data}.${this.#source === 'file' ? basename(this.#input) : 'stdin'}.rejects.ndjson`;
  }
}

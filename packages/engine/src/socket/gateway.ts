import type { Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { encodeMessage, errorToData, MessageStream, WalError } from '@shale/codec';
import { commitJointly } from '../joint/joint-commit.js';
import type { LogView } from '../log-view.js';
import type { ResolvedOptions } from '../options.js';
import { toLineTask } from '../shard/line-messages.js';
import { isFields } from '../shard/line-tasks.js';
import { type Port, threadPort } from '../shard/port.js';
import { PortLine } from '../shard/port-line.js';
import type { ShardReply, ShardResults, ShardTasks } from '../shard/protocol.js';
import { TaskFailed } from '../shard/shard-line.js';
import type { FromOpener, ToOpener } from '../share/control-messages.js';
import { VERSION } from '../version.js';
import { type GatewayLine, GatewayLines } from './gateway-lines.js';
import { Untold } from './untold.js';
import { Watches } from './watches.js';
import {
  CONTROL,
  type FromLine,
  type FromOwner,
  type SocketAnswer,
  type SocketQuestion,
  type SocketWelcome,
  type ToOwner,
  takeApart,
  toHello,
  toOwner,
} from './wire.js';

/** Of the first message. */
const HELLO_BYTES = 4096;
/** Beside what frames and reads take. */
const SPARE_BYTES = 16 * 1024 * 1024;
/** What a task takes beside its bytes. */
const TASK_BYTES = 1024;
/** Where so much waits for one who does not read, what is done to tables is gathered. */
const NEWS_BYTES = 1024 * 1024;
/** And so many tables; one for whom there are more is disconnected. */
const MOST_UNTOLD = 2 ** 20;

/** So many names of tables that are not there yet may be waited for; one that waits for more is disconnected. */
const MOST_AWAITED = 2 ** 16;

/** How long the end of a connection waits for what was said. Milliseconds. */
const LAST_WORDS_MS = 1000;

/** What is needed of the WAL. */
export interface GatewayContext {
  readonly log: LogView;
  readonly options: ResolvedOptions;
  /** The way to what is rare. Throws what is against letting one more in. */
  admit(): MessagePort;
}

type LineTask = NonNullable<ReturnType<typeof toLineTask>>;

/**
 * One process that uses the WAL, in the process that has opened it: takes what comes over its socket, and does it as for a
 * thread. What comes can be anything: it ends the connection, or is answered with an error. One that reads nothing, or asks
 * for more than it may have under way, is not read from until that is done; and whatever it does, what was lent for it
 * comes back.
 */
export class Gateway {
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<void>;
  readonly #socket: Socket;
  readonly #context: GatewayContext;
  readonly #stream = new MessageStream(HELLO_BYTES);
  readonly #watches: Watches;
  readonly #lines = new GatewayLines();
  readonly #ear = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #mostBytes: number;
  /** Lines that were asked for, by the number of the question. */
  readonly #asked = new Map<number, { readonly shard: number; readonly cells: SharedArrayBuffer }>();
  /** Questions for names: what each has under way. */
  readonly #naming = new Map<number, number>();
  /** Names that it waits for. */
  readonly #awaited = new Set<string>();
  readonly #joints = new Set<Promise<unknown>>();
  #control: Port | null = null;
  #lastChannel = CONTROL;
  #isListening = false;
  /** Bytes of what it has under way, until the answer is with the system. */
  #owed = 0;
  #isOver = false;
  #patience: NodeJS.Timeout | null;
  #left: () => void = () => {};

  /** @param patienceMs how long it has for its first message */
  constructor(socket: Socket, context: GatewayContext, patienceMs: number) {
    this.#socket = socket;
    this.#context = context;
    this.#watches = new Watches(context.log);
    this.#mostBytes = context.options.maxInFlightBytes + context.options.maxReadBytes + SPARE_BYTES;
    this.gone = new Promise((resolve) => {
      this.#left = resolve;
    });
    // Drops are to be heard of by those who follow nothing, too.
    Atomics.store(new Int32Array(this.#ear), 0, 1);
    // Whoever is connected keeps no process from ending.
    socket.unref();
    this.#patience = setTimeout(() => socket.destroy(), patienceMs).unref();
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('drain', () => this.#catchUp());
    socket.on('close', () => void this.#leave());
  }

  /** Whether it has said what it is, and was let in. */
  get isIn(): boolean {
    return this.#control !== null;
  }

  /** Ends it, after what was said to it. */
  end(): void {
    this.#socket.destroySoon();
    // One that does not read it does not get it.
    setTimeout(() => this.#socket.destroy(), LAST_WORDS_MS).unref();
  }

  #take(bytes: Uint8Array): void {
    this.#stream.push(bytes);
    this.#work();
  }

  /** Does what it has said, as long as it has no more under way than it may. */
  #work(): void {
    try {
      while (!this.#isOver && this.#owed <= this.#mostBytes) {
        const message = this.#stream.next();
        if (message === null) return;
        this.#hear(message.value, message.bytes);
      }
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** It speaks another language, or may not come in. */
  #refuse(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { stack: _, ...refused } = errorToData(error);
    this.#socket.removeAllListeners('data').resume();
    this.#socket.write(encodeMessage([CONTROL, { refused } satisfies SocketWelcome]));
    this.end();
  }

  #hear(message: unknown, size: number): void {
    const { channel, body } = takeApart(message);
    if (this.#control === null) {
      this.#greet(body);
    } else if (channel === CONTROL) {
      const said = toOwner(body);
      if (said === null) throw notUnderstood();
      this.#owes(size + TASK_BYTES);
      this.#do(this.#control, said, size + TASK_BYTES);
    } else {
      this.#hearLine(channel, body, size);
    }
  }

  #greet(body: unknown): void {
    const hello = toHello(body);
    if (hello === null) throw notUnderstood();
    const { log, options } = this.#context;
    if (hello.hello !== VERSION) {
      throw new WalError(
        'SHALE_UNSUPPORTED',
        `process ${process.pid} has opened the WAL with @shale/engine ${VERSION}, and process ${hello.pid} connects with another version: install the same one for both`,
        { path: log.path, details: { pid: process.pid, version: VERSION } },
      );
    }
    const control = threadPort(this.#context.admit());
    this.#control = control;
    if (this.#patience !== null) clearTimeout(this.#patience);
    this.#patience = null;
    this.#stream.mostBytes = options.maxInFlightBytes + SPARE_BYTES;
    control.onMessage((message) => this.#pass(message as FromOpener));
    control.onClose(() => this.end());
    control.unref();
    this.#say(CONTROL, {
      version: VERSION,
      pid: process.pid,
      path: log.path,
      options,
      recovery: log.recovery,
      stats: log.stats(),
    } satisfies SocketWelcome);
  }

  #do(control: Port, said: ToOwner, bytes: number): void {
    if ('ask' in said) {
      this.#answer(control, said.ask, said.question, bytes);
      return;
    }
    if ('listen' in said) this.#isListening = said.listen;
    else if ('watch' in said) this.#watches.add(said.watch, said.id);
    else if ('watchAnew' in said) this.#watches.anew(said.watchAnew);
    else if ('unwatch' in said) this.#watches.delete(said.unwatch);
    else this.#tell(control, said);
    this.#owes(-bytes);
  }

  /** Something for the thread that opened the WAL, which answers it when it comes to that, or never. */
  #tell(control: Port, said: ToOpener): void {
    if ('awaitName' in said) this.#awaited.add(said.awaitName);
    else if ('forgetName' in said) this.#awaited.delete(said.forgetName);
    if (this.#awaited.size > MOST_AWAITED) throw new RangeError('too many names are waited for');
    control.post(said);
  }

  #answer(control: Port, to: number, question: SocketQuestion, bytes: number): void {
    const { log, options } = this.#context;
    const answer = (answer: SocketAnswer): void => this.#say(CONTROL, { to, answer }, bytes);
    const fail = (error: unknown): void => answer({ error: errorToData(error) });
    if (question.want === 'names') {
      if (this.#isAsked(to)) throw notUnderstood();
      this.#naming.set(to, bytes);
      control.post({ ask: to, question });
    } else if (question.want === 'line') {
      const { shard } = question;
      // One that has one, and asks for another, is not of this version.
      if (
        this.#isAsked(to) ||
        shard >= options.shards ||
        this.#asked.size >= options.shards ||
        this.#lines.has(shard)
      )
        throw notUnderstood();
      const cells = GatewayLines.cells();
      this.#asked.set(to, { shard, cells });
      control.post({ ask: to, question: { want: 'line', shard, cells, ear: this.#ear } });
      this.#owes(-bytes);
    } else if (question.want === 'joint') {
      const joint = this.#joint(question).then((frame) => answer({ frame }), fail);
      this.#joints.add(joint);
      void joint.then(() => this.#joints.delete(joint));
    } else if (question.want === 'sync') {
      log.sync().then(() => answer({ done: true }), fail);
    } else if (question.want === 'synced') {
      answer({ done: true });
    } else {
      answer({ stats: log.stats() });
    }
  }

  /** Whether the thread that opened the WAL is asked something of this number already. */
  #isAsked(to: number): boolean {
    return this.#asked.has(to) || this.#naming.has(to);
  }

  /** A write over tables of several shards, in this process: what is lent for it does not wait for the other one. */
  async #joint({ shards, ids, frame }: SocketQuestion & { want: 'joint' }): Promise<Uint8Array> {
    const { log } = this.#context;
    const tables = shards.map((shard, i) => ({
      shard: this.#lines.lender(shard),
      ids: BigUint64Array.from(ids[i] ?? []),
    }));
    const loans = {
      openLoan: async () => {
        await this.#lines.whenAll(shards);
        return log.openLoan();
      },
      endLoan: (loan: bigint) => log.endLoan(loan, []),
    };
    return await commitJointly(loans, tables, frame);
  }

  /** Something of the thread that opened the WAL. */
  #pass(message: FromOpener): void {
    if (!('to' in message)) {
      if ('named' in message) this.#awaited.delete(message.named);
      this.#say(CONTROL, message);
      return;
    }
    const { to, answer } = message;
    const asked = this.#asked.get(to);
    const owed = this.#naming.get(to);
    this.#asked.delete(to);
    this.#naming.delete(to);
    if (!('line' in answer)) this.#say(CONTROL, { to, answer }, owed);
    else if (asked !== undefined && 'postMessage' in answer.line) this.#open(to, asked, answer.line);
  }

  #open(to: number, { shard, cells }: { shard: number; cells: SharedArrayBuffer }, port: MessagePort): void {
    const channel = ++this.#lastChannel;
    const line = new PortLine(threadPort(port), (wrote, isDurable) => this.#wrote(channel, wrote, isDurable));
    const opened: GatewayLine = {
      channel,
      shard,
      line,
      cells: GatewayLines.view(cells),
      untold: new Untold(),
    };
    if (this.#isOver) {
      void line.end();
      return;
    }
    this.#lines.add(opened);
    this.#say(CONTROL, { to, answer: { line: channel } });
    // What was told before it came is not known.
    this.#say(CONTROL, { doubted: shard, dropped: this.#watches.dropped });
    const over = (): void => {
      this.#lines.delete(channel);
      this.#say(channel, { over: true });
    };
    line.watch(over);
    if (line.isGone) over();
    else line.start();
  }

  #hearLine(channel: number, body: unknown, size: number): void {
    const line = this.#lines.get(channel);
    if (isOver(body)) {
      this.#lines.delete(channel);
      void line?.line.end();
      return;
    }
    const taken = toLineTask(body);
    if (taken === null || channel > this.#lastChannel) throw notUnderstood();
    // It is over, which it has been told.
    if (line === undefined) return;
    const { task } = taken;
    // Loans are not for others to hold.
    if (task.kind === 'lend' || task.kind === 'joint' || task.kind === 'takeBack') throw notUnderstood();
    const chunk = 'chunkBytes' in task ? task.chunkBytes : 0;
    const bytes = size + chunk + TASK_BYTES;
    this.#owes(bytes);
    this.#run(line, taken, bytes).catch((error: unknown) => this.#refuse(error));
  }

  async #run(
    { channel, line, cells, untold }: GatewayLine,
    { id, task }: LineTask,
    bytes: number,
  ): Promise<void> {
    const number = watchOf(task);
    const own = number === null ? task : this.#withToken(task, number);
    const transfer = task.kind === 'append' ? [task.frame.buffer as ArrayBuffer] : [];
    let reply: ShardReply;
    try {
      const value = await line.run(own, transfer);
      reply = { ok: true, value: number === null ? value : withNumber(value, number) };
    } catch (error) {
      // It is told once for all that it is over.
      if (!(error instanceof TaskFailed)) {
        this.#owes(-bytes);
        return;
      }
      reply = { ok: false, error: errorToData(error.error) };
    }
    // What was done before it answered is told before.
    if (untold.size > 0) this.#say(channel, untold.take());
    const { startedAt, endedAt } = task.kind === 'append' ? cells.timesOf(Math.max(0, task.slot)) : NO_TIMES;
    this.#say(
      channel,
      task.kind === 'append' ? { id, reply, times: [startedAt, endedAt] } : { id, reply },
      bytes,
    );
  }

  /** A read, with the log's own token in the place of the other process's number. */
  #withToken(
    task: ShardTasks['readStart'] | ShardTasks['readNext'] | LineTask['task'],
    number: bigint,
  ): LineTask['task'] {
    const token = this.#watches.tokenOf(number);
    if (token === undefined) throw notUnderstood();
    if (task.kind === 'readStart') return { ...task, watch: token };
    return task.kind === 'readNext' ? { ...task, span: { ...task.span, watch: token } } : task;
  }

  #wrote(channel: number, wrote: BigUint64Array, isDurable: boolean): void {
    const untold = this.#lines.get(channel)?.untold;
    if (untold === undefined) return;
    const news = this.#isListening ? wrote : dropsOf(wrote);
    if (news.length === 0) return;
    if (untold.size === 0 && this.#socket.writableLength <= NEWS_BYTES) {
      this.#say(channel, { wrote: news, isDurable });
      return;
    }
    untold.add(news, isDurable);
    if (untold.size > MOST_UNTOLD) this.#socket.destroy();
  }

  /** Once it reads again it is told what it was not told. */
  #catchUp(): void {
    if (this.#isOver || this.#socket.writableLength > NEWS_BYTES) return;
    for (const { channel, untold } of this.#lines) if (untold.size > 0) this.#say(channel, untold.take());
  }

  /** @param owed what it had under way until then: from here on what is said is, until it is with the system */
  #say(channel: number, body: SocketWelcome | FromOwner | FromLine, owed = 0): void {
    if (this.#isOver || this.#socket.destroyed) return;
    const { log } = this.#context;
    const howFar = this.#isListening && log.state === 'open' ? [log.writtenUpTo(), log.syncedUpTo()] : [];
    const message = encodeMessage([channel, body, ...howFar]);
    this.#owes(message.length - owed);
    this.#socket.write(message, () => this.#owes(-message.length));
  }

  #owes(bytes: number): void {
    this.#owed += bytes;
    const isPaused = this.#socket.isPaused();
    if (this.#owed > this.#mostBytes) {
      if (!isPaused) this.#socket.pause();
    } else if (isPaused && this.#owed < this.#mostBytes / 2) {
      this.#socket.resume();
      // What had come before it stood still.
      setImmediate(() => this.#work());
    }
  }

  async #leave(): Promise<void> {
    this.#isOver = true;
    if (this.#patience !== null) clearTimeout(this.#patience);
    // Those that have begun come to their end, and the others do not begin.
    this.#lines.giveUp();
    await Promise.all(this.#joints);
    await this.#lines.end();
    this.#watches.end();
    this.#control?.close();
    this.#left();
  }
}

const NO_TIMES = { startedAt: 0, endedAt: 0 };

/** The watch of a read, by the number of the other process; null for other tasks. */
function watchOf(task: LineTask['task']): bigint | null {
  if (task.kind === 'readStart') return task.watch;
  return task.kind === 'readNext' ? task.span.watch : null;
}

/** The answer to a read, with that number in it. */
function withNumber(
  value: ShardResults[keyof ShardResults],
  number: bigint,
): ShardResults[keyof ShardResults] {
  if (typeof value !== 'object' || value === null || !('span' in value)) return value;
  return { ...value, span: { ...value.span, watch: number } };
}

/** What of it was dropped. */
function dropsOf(wrote: BigUint64Array): BigUint64Array {
  const drops: bigint[] = [];
  for (let at = 0; at + 3 < wrote.length; at += 4) {
    if (wrote[at + 3] === 0n) drops.push(...wrote.subarray(at, at + 4));
  }
  return BigUint64Array.from(drops);
}

/** Whether the other process ends a line. */
function isOver(body: unknown): boolean {
  return isFields(body) && body.over === true;
}

function notUnderstood(): WalError {
  return new WalError(
    'SHALE_UNSUPPORTED',
    'this is nothing that a process says which uses a WAL: another program, or another version, has connected',
  );
}

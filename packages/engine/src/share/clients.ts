import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { errorToData, type TableId, WalError } from '@shale/codec';
import type { Catalog } from '../catalog/catalog.js';
import { ShardCells } from '../metrics/shard-cells.js';
import type { ResolvedOptions } from '../options.js';
import type { Shard } from '../shard/shard.js';
import { VERSION } from '../version.js';
import {
  type Answer,
  type FromOpener,
  type Question,
  type ToOpener,
  toOpener,
  type Welcome,
} from './control-messages.js';

/** How long a closing waits for threads that do not let go. Milliseconds. */
const PATIENCE_MS = 10_000;
/** Bytes of an ear. */
const EAR_BYTES = 4;

/** What lets another thread use a WAL: see `wal.share`. */
export interface WalHandle {
  /** Goes to the other thread with the handle, in the list of what is transferred. */
  readonly port: MessagePort;
}

/** What is needed of the WAL. */
export interface ClientsContext {
  readonly path: string;
  readonly handleId: number;
  readonly options: ResolvedOptions;
  readonly shards: readonly Shard[];
  readonly catalog: Catalog;
  /** What is against new work, or null. */
  refusal(): WalError | null;
  /** A table was trimmed. */
  trimmed(id: TableId, upTo: bigint): void;
}

/**
 * The other threads that use a WAL, as the thread sees them that opened it: it gives them their lines to the shards, makes
 * names for them, and waits for them when it closes. One that ends, however it does, leaves nothing here.
 */
export class Clients {
  readonly #context: ClientsContext;
  /** Ports of handles that were not used yet. */
  readonly #handles = new Set<MessagePort>();
  readonly #clients = new Set<Client>();

  constructor(context: ClientsContext) {
    this.#context = context;
  }

  /** How many there are. */
  get size(): number {
    return this.#clients.size;
  }

  /** A handle for one more. */
  share(): WalHandle {
    const { port1, port2 } = new MessageChannel();
    this.#handles.add(port1);
    port1.on('message', (message: unknown) => this.#greet(port1, message));
    port1.on('close', () => this.#handles.delete(port1));
    port1.unref();
    return { port: port2 };
  }

  /** Lets one more in; it talks over the port. Throws what is against new work. */
  admit(): MessagePort {
    const refusal = this.#context.refusal();
    if (refusal !== null) throw refusal;
    for (const shard of this.#context.shards) shard.listen();
    const { port1, port2 } = new MessageChannel();
    const client = new Client(port1, this.#context);
    this.#clients.add(client);
    void client.gone.then(() => this.#clients.delete(client));
    return port2;
  }

  /** Tells all of them. */
  tell(news: FromOpener): void {
    for (const client of this.#clients) client.tell(news);
  }

  /**
   * Lets them finish what they have been given. Resolves when all have gone, or one has not for long.
   *
   * @param patienceMs how long that is
   */
  async close(patienceMs: number = PATIENCE_MS): Promise<void> {
    for (const port of this.#handles) port.close();
    this.tell({ news: 'closing' });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([Promise.all([...this.#clients].map(({ gone }) => gone)), late]);
    clearTimeout(timer);
    for (const client of this.#clients) client.end();
  }

  #greet(port: MessagePort, message: unknown): void {
    const { hello } = (message ?? {}) as { readonly hello?: unknown };
    const refusal = this.#context.refusal() ?? refusalOf(hello);
    if (refusal !== null) {
      port.postMessage({ refused: errorToData(refusal) } satisfies Welcome);
    } else {
      const port2 = this.admit();
      const { path, handleId, options } = this.#context;
      port.postMessage({ control: port2, path, handleId, options } satisfies Welcome, [port2]);
    }
    // What it was told arrives all the same.
    port.close();
  }
}

function refusalOf(hello: unknown): WalError | null {
  if (hello === VERSION) return null;
  return new WalError(
    'SHALE_UNSUPPORTED',
    `the WAL was opened by @shale/engine ${VERSION}, and another version connects: load the same one in both threads`,
  );
}

/** One of them. */
class Client {
  /** Resolves when it is not there any more. */
  readonly gone: Promise<void>;
  readonly #port: MessagePort;
  readonly #context: ClientsContext;
  /** Names that it waits for, and what cancels that. */
  readonly #awaited = new Map<string, () => void>();
  #isGone = false;

  constructor(port: MessagePort, context: ClientsContext) {
    this.#port = port;
    this.#context = context;
    this.gone = new Promise((resolve) => {
      port.once('close', () => {
        this.#isGone = true;
        for (const cancel of [...this.#awaited.values()]) cancel();
        this.#awaited.clear();
        resolve();
      });
    });
    port.on('message', (message: unknown) => this.#take(message));
    port.on('messageerror', () => port.close());
    port.unref();
  }

  tell(message: FromOpener, transfer: readonly MessagePort[] = []): void {
    this.#port.postMessage(message, [...transfer]);
  }

  end(): void {
    this.#port.close();
  }

  #take(message: unknown): void {
    const taken = toOpener(message);
    // Nothing that this version sends.
    if (taken === null) this.end();
    else this.#do(taken);
  }

  #do(message: ToOpener): void {
    if ('ask' in message) void this.#answer(message.ask, message.question);
    else if ('awaitName' in message) this.#awaitName(message.awaitName);
    else if ('forgetName' in message) this.#forgetName(message.forgetName);
    else for (const { id, upTo } of message.trimmed) this.#context.trimmed(id, upTo);
  }

  async #answer(to: number, question: Question): Promise<void> {
    try {
      if (question.want === 'names') {
        this.tell({ to, answer: { ids: await this.#make(question.names) } });
        return;
      }
      const line = await this.#line(question);
      if (this.#isGone) line.close();
      else this.tell({ to, answer: { line } }, [line]);
    } catch (error) {
      this.tell({ to, answer: { error: errorToData(error) } satisfies Answer });
    }
  }

  /** A new port to the thread of a shard, which is waited for if it is being replaced. */
  async #line({ shard: index, cells, ear }: Question & { want: 'line' }): Promise<MessagePort> {
    const shard = this.#context.shards[index];
    const isFit = cells.byteLength === ShardCells.memory().byteLength && ear.byteLength === EAR_BYTES;
    if (shard === undefined || !isFit)
      throw new WalError('SHALE_INTERNAL', `there is no line to shard ${index} with such memory`);
    for (;;) {
      const { port1, port2 } = new MessageChannel();
      try {
        await shard.request<'connect'>({ kind: 'connect', port: port2, cells, ear }, 'fail', [port2]);
        return port1;
      } catch (error) {
        port1.close();
        // The thread died under it.
        if (error instanceof WalError && error.code === 'SHALE_OUTCOME_UNKNOWN' && !this.#isGone) continue;
        throw error;
      }
    }
  }

  async #make(names: readonly string[]): Promise<readonly TableId[]> {
    const { catalog } = this.#context;
    const refs = names.map((name) => catalog.ref(name));
    return await Promise.all(
      refs.map(async (ref) => {
        // It may be dropped in between.
        while (ref.address === null) await catalog.ensure(ref);
        return ref.address.id;
      }),
    );
  }

  #awaitName(name: string): void {
    this.#forgetName(name);
    const { catalog } = this.#context;
    try {
      const ref = catalog.ref(name);
      const made = (): void => {
        this.#forgetName(name);
        this.tell({ named: name });
      };
      if (ref.address !== null) {
        made();
        return;
      }
      this.#awaited.set(name, catalog.whenNamed(ref, made));
      // There may be one that is not known here.
      catalog.find(ref).catch(() => undefined);
    } catch {
      // No name at all: there will be no table of it.
    }
  }

  #forgetName(name: string): void {
    this.#awaited.get(name)?.();
    this.#awaited.delete(name);
  }
}

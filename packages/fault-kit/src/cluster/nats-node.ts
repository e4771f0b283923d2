import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The ports of a node on loopback. */
export interface NodePorts {
  readonly client: number;
  readonly route: number;
  readonly monitor: number;
}

/** What a node is started with. */
export interface NatsNodeOptions {
  /** The path of nats-server. */
  readonly server: string;
  /** Where its files are; it is made. */
  readonly directory: string;
  readonly name: string;
  readonly ports: NodePorts;
  /** The ports by which nodes talk to each other, of all of them. */
  readonly routes: readonly number[];
  /** When it syncs what it acknowledges; default: `always`. */
  readonly syncInterval?: string;
}

/** One server of a cluster, a process that can be stopped, killed, held and started again with the same files. */
export class NatsNode {
  readonly name: string;
  readonly ports: NodePorts;
  /** Its files; those of a node that does not run can be changed. */
  readonly directory: string;
  readonly #server: string;
  readonly #config: string;
  #child: ChildProcess | null = null;
  #exited: Promise<unknown> = Promise.resolve();
  #said = '';

  constructor({ server, directory, name, ports, routes, syncInterval = 'always' }: NatsNodeOptions) {
    this.name = name;
    this.ports = ports;
    this.directory = directory;
    this.#server = server;
    this.#config = join(directory, 'nats.conf');
    mkdirSync(directory, { recursive: true });
    const peers = routes.map((port) => `nats-route://127.0.0.1:${port}`);
    const listens = `listen: "127.0.0.1:${ports.route}"`;
    // One alone has nobody to choose a leader with.
    const cluster =
      peers.length < 2 ? '' : `cluster { name: shale, ${listens}, routes: [${peers.join(', ')}] }\n`;
    writeFileSync(
      this.#config,
      `server_name: ${name}
listen: "127.0.0.1:${ports.client}"
http: "127.0.0.1:${ports.monitor}"
jetstream { store_dir: ${JSON.stringify(directory)}, sync_interval: ${syncInterval} }
${cluster}`,
    );
  }

  /** Where clients connect to. */
  get url(): string {
    return `nats://127.0.0.1:${this.ports.client}`;
  }

  /** Where it tells of itself. */
  get monitor(): string {
    return `http://127.0.0.1:${this.ports.monitor}`;
  }

  /** Whether its process is there. */
  get runs(): boolean {
    return this.#child !== null;
  }

  /** The last that it has said, for messages. */
  get said(): string {
    return this.#said;
  }

  /** Starts it; whether it is ready is another question. */
  start(): void {
    if (this.#child !== null) return;
    const child = spawn(this.#server, ['--config', this.#config], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-4000);
      });
    }
    const end = (): unknown => child.kill('SIGKILL');
    // No server is left behind by a process that ends.
    process.once('exit', end);
    child.once('error', (error) => {
      this.#said += error.message;
    });
    this.#exited = once(child, 'close').then(() => {
      process.off('exit', end);
      if (this.#child === child) this.#child = null;
    });
  }

  /** Ends it by a signal, and waits for that. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal);
    await this.#exited;
  }

  /** Holds it where it is. */
  hold(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Lets it go on. */
  release(): void {
    this.#child?.kill('SIGCONT');
  }
}

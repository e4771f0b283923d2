import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NatsNode, type NodePorts } from './nats-node.js';

/** What a cluster is started with. */
export interface NatsClusterOptions {
  /** The path of nats-server. */
  readonly server: string;
  /** Where the nodes have their files, each in a directory of its own. */
  readonly directory: string;
  /** How many there are; default: 3. */
  readonly nodes?: number;
  /** The port of the first node's clients; those of the others follow. Default: ports that are free. */
  readonly port?: number;
  /** When the nodes sync what they acknowledge; default: `always`. */
  readonly syncInterval?: string;
}

/** How long a cluster may take until it is ready. Milliseconds. */
const READY_MS = 60_000;
const ASK_MS = 50;
/** From the port of clients to those of the others. */
const ROUTES = 2000;
const MONITORS = 4000;

/** Servers of NATS JetStream on loopback, with the settings that replicas of Shale need. */
export class NatsCluster {
  readonly nodes: readonly NatsNode[];

  private constructor(nodes: readonly NatsNode[]) {
    this.nodes = nodes;
  }

  /** Starts the nodes, and resolves when they have chosen a leader. Rejects with what they have said when they do not. */
  static async start(options: NatsClusterOptions): Promise<NatsCluster> {
    const { server, directory, nodes = 3, port, syncInterval = 'always' } = options;
    const ports = port === undefined ? await freePorts(nodes) : portsFrom(port, nodes);
    const routes = ports.map(({ route }) => route);
    const cluster = new NatsCluster(
      ports.map((own, i) => {
        const name = `n${i + 1}`;
        return new NatsNode({
          server,
          directory: join(directory, name),
          name,
          ports: own,
          routes,
          syncInterval,
        });
      }),
    );
    for (const node of cluster.nodes) node.start();
    try {
      await cluster.ready();
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  /** Where clients connect to: the nodes' addresses, one after the other. */
  get url(): string {
    return `nats://${this.nodes.map(({ ports }) => `127.0.0.1:${ports.client}`).join(',')}`;
  }

  /** Where the nodes tell of themselves. */
  get monitors(): string[] {
    return this.nodes.map(({ monitor }) => monitor);
  }

  /** Resolves when all nodes that run are healthy and the cluster has a leader. */
  async ready(): Promise<void> {
    for (const end = performance.now() + READY_MS; ; await sleep(ASK_MS)) {
      const running = this.nodes.filter(({ runs }) => runs);
      const healthy = await Promise.all(
        running.map(({ monitor }) => isHealthy(monitor, this.nodes.length > 1)),
      );
      if (running.length > 0 && healthy.every(Boolean)) return;
      const silent =
        this.nodes.find((node) => !node.runs && node.said !== '') ?? running[healthy.indexOf(false)];
      if (running.length === 0 || performance.now() > end) {
        throw new Error(`the cluster is not ready; ${silent?.name} says: ${silent?.said.trim()}`);
      }
    }
  }

  /** The node that leads a stream; null when none says so. */
  async leaderOf(stream: string): Promise<NatsNode | null> {
    for (const { monitor } of this.nodes.filter(({ runs }) => runs)) {
      const name = await askedLeader(monitor, stream);
      const node = this.nodes.find((each) => each.name === name);
      if (node?.runs === true) return node;
    }
    return null;
  }

  /** Ends all nodes, and waits for that. */
  async end(): Promise<void> {
    for (const node of this.nodes) node.release();
    await Promise.all(this.nodes.map((node) => node.end('SIGTERM')));
  }
}

async function isHealthy(monitor: string, needsLeader: boolean): Promise<boolean> {
  const [health, leader] = await Promise.all([ask(`${monitor}/healthz`), ask(`${monitor}/jsz`)]);
  const meta: unknown = leader?.meta_cluster;
  const hasLeader = typeof meta === 'object' && meta !== null && 'leader' in meta && meta.leader !== '';
  return health?.status === 'ok' && (hasLeader || !needsLeader);
}

interface AskedStream {
  readonly name: string;
  readonly cluster?: { readonly leader?: string };
}

async function askedLeader(monitor: string, stream: string): Promise<string | null> {
  const answer = await ask(`${monitor}/jsz?streams=1`);
  // As NATS documents it; what is missing is looked at as missing.
  const accounts = (answer?.account_details ?? []) as readonly {
    readonly stream_detail?: readonly AskedStream[];
  }[];
  const found = accounts.flatMap(({ stream_detail: all }) => all ?? []).find(({ name }) => name === stream);
  return found?.cluster?.leader ?? null;
}

async function ask(url: string): Promise<Record<string, unknown> | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    const value: unknown = await answer.json();
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function portsFrom(first: number, nodes: number): NodePorts[] {
  return Array.from({ length: nodes }, (_, i) => ({
    client: first + i,
    route: first + ROUTES + i,
    monitor: first + MONITORS + i,
  }));
}

/** Ports that nobody has now, all held until the last one is known. */
async function freePorts(nodes: number): Promise<NodePorts[]> {
  const held = await Promise.all(Array.from({ length: 3 * nodes }, listening));
  const ports = held.map(({ port }) => port);
  await Promise.all(held.map(({ close }) => close()));
  return Array.from({ length: nodes }, (_, i) => ({
    client: ports[3 * i] ?? 0,
    route: ports[3 * i + 1] ?? 0,
    monitor: ports[3 * i + 2] ?? 0,
  }));
}

async function listening(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal } from '@shale/engine';
import { NatsCluster, type NatsNode } from '@shale/fault-kit';
import { openReplica, replicate } from '@shale/replica';
import { natsServer } from '../../support/nats-server.js';
import { type Random, randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { pause } from '../parts/pause.js';
import { patient } from './patient.js';
import { PARTITIONS, textOf } from './tables.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));
const FAULTS_PER_CHECK = 4;
const LONGEST_FAULT_MS = 3000;
/** What it may take: a cluster that does not answer must not make it grow. */
const HEAP = '--max-old-space-size=400';

/** Kills, stops and holds the servers of a replica, and the process that ships to it. */
export const cluster: Attack = {
  name: 'cluster',
  summary:
    'SIGKILL, SIGTERM and SIGSTOP of one, two and all servers of a replica, and of the process that ships to it',
  unit: 'faults',
  option: 'count',
  longCount: 200,
  run: runCluster,
};

async function runCluster({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const server = natsServer();
  if ('missing' in server) throw new Error(server.missing);
  const random = randomFrom(seed);
  const nodes = await NatsCluster.start({ server: server.path, directory: join(directory, 'nodes') });
  const figures = { faults: 0, shippers: 0, entries: 0 };
  try {
    for (let fault = 0; fault < count; ) {
      const shipper = await startShipper(directory, nodes);
      figures.shippers++;
      for (let i = 0; i < FAULTS_PER_CHECK && fault < count; i++, fault++) {
        await pause(random.below(1000));
        await harm(nodes, random);
        figures.faults++;
      }
      if (shipper.exitCode !== null) throw new Error(`the process that ships ended with ${shipper.exitCode}`);
      const ended = once(shipper, 'exit');
      shipper.kill('SIGKILL');
      await ended;
      await nodes.ready();
      figures.entries = await check(directory, nodes);
      progress(fault, `${figures.entries} entries`);
    }
  } finally {
    await nodes.end();
  }
  return figures;
}

async function startShipper(directory: string, nodes: NatsCluster): Promise<ChildProcess> {
  const args = [join(directory, 'db'), urlOf(nodes), JSON.stringify(nodes.monitors)];
  const child = spawn(process.execPath, [HEAP, PROCESS, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return child;
}

/** Does something to some nodes, and makes them as they were. */
async function harm(nodes: NatsCluster, random: Random): Promise<void> {
  const leader = await nodes.leaderOf(`log_${random.below(PARTITIONS)}`);
  const any = nodes.nodes[random.below(nodes.nodes.length)];
  if (any === undefined) throw new Error('there are no nodes');
  const victims = random.of<() => readonly NatsNode[]>([
    () => [leader ?? any],
    () => [leader ?? any],
    () => [any],
    () => nodes.nodes.filter((node) => node !== any),
    () => nodes.nodes,
  ])();
  const how = random.of(['SIGKILL', 'SIGKILL', 'SIGTERM', 'hold'] as const);
  const duration = random.below(LONGEST_FAULT_MS);
  if (how === 'hold') {
    for (const node of victims) node.hold();
    await pause(duration);
    for (const node of victims) node.release();
    return;
  }
  await Promise.all(victims.map((node) => node.end(how)));
  await pause(duration);
  for (const node of victims) node.start();
}

/** All that the log has is in the replica, once and in order, when it has caught up. */
async function check(directory: string, nodes: NatsCluster): Promise<number> {
  const monitor = nodes.monitors;
  await using wal = await openWal(join(directory, 'db'), { shards: 1 });
  const replica = await patient(() => replicate(wal, urlOf(nodes), { partitions: PARTITIONS, monitor }));
  await replica.caughtUp();
  await replica.stop();
  const lasts = new Map<string, bigint>();
  let found = 0;
  const reader = await openReplica(urlOf(nodes), { monitor });
  for await (const part of reader.everything()) {
    if (part.is === 'table') {
      const { region, table } = part.table.id;
      lasts.set(`${region}/${table}`, part.table.last);
      continue;
    }
    const { table, first, payloads } = part.entries;
    for (const [i, payload] of payloads.entries()) {
      const sequence = first + BigInt(i);
      if (!textOf(Number(table.table), sequence).equals(payload)) {
        throw new Error(`the entry ${sequence} of table ${table.table} is another one in the replica`);
      }
    }
    found += payloads.length;
  }
  await reader.close();
  let expected = 0;
  for await (const { id, last } of wal.tables()) {
    const there = lasts.get(`${id.region}/${id.table}`);
    if (there !== last) throw new Error(`table ${id.table} ends at ${last}, and in the replica at ${there}`);
    expected += Number(last);
  }
  if (found !== expected) throw new Error(`the log has ${expected} entries, and the replica ${found}`);
  return found;
}

function urlOf(nodes: NatsCluster): string {
  return `${nodes.url}/log`;
}

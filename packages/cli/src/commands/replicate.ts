import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Replica, ReplicateOptions } from '@shale/replica';
import { Command } from 'commander';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { StopSignals } from '../ingest/stop-signals.js';
import type { Terminal } from '../output/terminal.js';
import { parsePartitions, parseReplicas } from './arguments.js';
import { openForChange } from './open-log.js';
import { HELP_OF_CREDENTIALS, type ReplicaFlags, readReplicaFlags, replicaOptions } from './replica-flags.js';
import { replicaPackage } from './replica-package.js';
import { ShippingLine, tellShipped } from './shipping-report.js';

interface ReplicateFlags extends ReplicaFlags {
  readonly listen?: string;
  readonly partitions?: number;
  readonly replicas?: number;
  readonly takeover?: boolean;
  readonly dropMissing?: boolean;
  readonly keep?: boolean;
  readonly json?: boolean;
}

/** How often it is looked whether shipping has failed. */
const LOOK_MS = 200;

/** `shale replicate`. */
export function replicateCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  const command = new Command('replicate')
    .summary('ship the log to a cluster of NATS JetStream')
    .description(
      'Ships what the log has to its replica in a cluster, from where the replica has come to, and makes the replica when ' +
        'there is none. Ends when all of it is there; with --listen it goes on while other processes write, until Ctrl-C. ' +
        'It says at the end what is there. No other process may have the log open: one that has ships by itself, with @shale/replica.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('<url>', 'the replica: nats://host-1,host-2,host-3/name, or tls://')
    .option('--listen <socket>', 'let other processes write meanwhile: connectWal({ socket })');
  for (const option of replicaOptions()) command.addOption(option);
  return command
    .option(
      '--partitions <n>',
      'streams that it is divided into when it is made (default: 8), then fixed',
      parsePartitions,
    )
    .option('--replicas <n>', 'servers that each stream is on (default: 3)', parseReplicas)
    .option('--takeover', 'go on with the replica of a log that this one is a copy of')
    .option('--drop-missing', 'drop the tables there that the log does not have')
    .option('--keep', 'keep there what the log trims and drops')
    .option('--json', 'one JSON object at the end')
    .addHelpText(
      'after',
      `${HELP_OF_CREDENTIALS}

Examples:
  shale replicate ./data nats://a,b,c/logs --monitor http://a:8222,http://b:8222,http://c:8222
  shale replicate ./data nats://a,b,c/logs --monitor unchecked --listen ./data.sock`,
    )
    .action(async (dir: string, url: string, flags: ReplicateFlags) => {
      done(await replicate(terminal, dir, url, flags));
    });
}

async function replicate(
  terminal: Terminal,
  dir: string,
  url: string,
  flags: ReplicateFlags,
): Promise<number> {
  const options = readFlags(flags);
  const { replicate: ship } = await replicaPackage();
  using stop = new StopSignals(() => {});
  await using wal = await openForChange(dir, terminal);
  const starting = ship(wal, url, options);
  await aborted(stop.signal, starting);
  if (stop.received !== undefined) {
    // What is begun is ended, and tells nobody.
    void starting.then((replica) => replica.stop()).catch(() => undefined);
    return SIGNAL_EXIT[stop.received];
  }
  const replica = await starting;
  try {
    if (flags.listen !== undefined) await wal.listen(flags.listen);
    await shipUntilDone(terminal, replica, stop.signal, flags);
  } finally {
    await replica.stop();
  }
  await tellShipped(terminal, wal, replica, flags.json === true);
  return stop.received === undefined ? EXIT.ok : SIGNAL_EXIT[stop.received];
}

/** Resolves when all is there, or the signal comes. Rejects with what ends shipping. */
async function shipUntilDone(
  terminal: Terminal,
  replica: Replica,
  signal: AbortSignal,
  { listen, json }: ReplicateFlags,
): Promise<void> {
  using line = new ShippingLine(terminal, replica, { off: json === true });
  await aborted(signal, replica.caughtUp());
  if (listen === undefined || signal.aborted) return;
  line.note(`all of it is in ${replica.url}; what is written by ${listen} is shipped until Ctrl-C`);
  while (replica.state === 'shipping' && !signal.aborted) await aborted(signal, sleep(LOOK_MS));
  if (replica.failure !== null) throw replica.failure;
}

/** Resolves or rejects as a promise does, or resolves when the signal comes; what becomes of it then is nobody's concern. */
async function aborted(signal: AbortSignal, promise: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const signalled = once(signal, 'abort', { signal: over.signal });
  // It is given up below.
  signalled.catch(() => undefined);
  try {
    if (!signal.aborted) await Promise.race([promise, signalled]);
    else promise.catch(() => undefined);
  } finally {
    over.abort();
  }
}

function readFlags(flags: ReplicateFlags): ReplicateOptions {
  const { partitions, replicas, takeover, dropMissing, keep } = flags;
  return {
    ...readReplicaFlags(flags),
    partitions,
    replicas,
    takeover,
    dropMissing,
    removed: keep === true ? 'keep' : 'follow',
  };
}

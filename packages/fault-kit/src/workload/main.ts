// A process that works on a database until it is stopped, killed or done. Its one argument is WorkloadOptions as JSON.
import { readdirSync } from 'node:fs';
import type { WorkloadCommand, WorkloadEvent, WorkloadStats } from './messages.js';
import { ShardThreads } from './shard-threads.js';
import { Workload } from './workload.js';

// Before anything starts a thread.
const threads = new ShardThreads(() => tell({ is: 'broken' }));
const workload = new Workload(JSON.parse(process.argv[2] ?? '{}'));

function tell(event: WorkloadEvent): void {
  process.send?.(event);
}

function stats(): WorkloadStats {
  return {
    ...workload.counts,
    residentBytes: process.memoryUsage.rss(),
    openFiles: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    workersStarted: threads.started,
    clock: Date.now(),
  };
}

async function obey(command: WorkloadCommand): Promise<void> {
  const broken = (kind: string): void => workload.journal.write({ op: 'fault', kind });
  if (command.do === 'stop') {
    workload.stop();
  } else if (command.do === 'stats') {
    tell({ is: 'stats', stats: stats() });
  } else if (command.do === 'resume') {
    await workload.wal.resume();
  } else if (command.do === 'endThread') {
    broken('a thread is ended');
    await threads.end(command.pick);
  } else if (command.do === 'blockThread') {
    threads.break(command.pick, { run: 'loop', milliseconds: command.milliseconds });
  } else {
    broken('a thread runs out of memory');
    threads.break(command.pick, { run: 'outOfMemory' });
  }
}

process.on('message', (command: WorkloadCommand) => {
  obey(command).catch((error: unknown) => tell({ is: 'failed', message: String(error) }));
});
// The channel to the parent does not keep the process alive; work does.
process.channel?.unref();

try {
  tell({ is: 'opening' });
  await workload.open();
  tell({ is: 'opened' });
  await workload.run();
  tell({ is: 'stopping' });
  await workload.close();
  tell({ is: 'closed' });
} catch (error) {
  tell({ is: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
}

// Loaded by every thread of a workload process before anything else (`--import`). Lets a worker thread break on demand.
import threads, {
  BroadcastChannel,
  isMainThread,
  threadId,
  Worker,
  type WorkerOptions,
} from 'node:worker_threads';
import { THREAD_FAULTS, type ThreadFault } from './thread-fault.js';

function run(fault: ThreadFault): void {
  if (fault.run === 'loop') {
    const end = performance.now() + fault.milliseconds;
    while (performance.now() < end);
    return;
  }
  const hoard: unknown[] = [];
  for (;;) hoard.push(new Array(10_000).fill({}));
}

/** Loads this file in the thread: Shale leaves out what a process preloads. */
class BreakableWorker extends Worker {
  constructor(file: string | URL, options: WorkerOptions = {}) {
    super(file, { ...options, execArgv: [...(options.execArgv ?? []), '--import', import.meta.url] });
  }
}

if (isMainThread) {
  threads.Worker = BreakableWorker;
} else {
  const channel = new BroadcastChannel(THREAD_FAULTS);
  // Only ShardThreads sends here.
  channel.onmessage = (message: unknown): void => {
    const { data } = message as { data: ThreadFault & { threadId: number } };
    if (data.threadId !== threadId) return;
    channel.postMessage('breaking');
    run(data);
  };
  channel.unref();
}

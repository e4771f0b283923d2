import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withScratch } from '../measure/scratch.js';
import { countingEnvironment, type SyncCounting } from '../measure/sync-counter.js';
import type { Measures } from '../report/measures.js';
import type { CaseSpec } from '../report/spec.js';

/** The task of the process of a case. */
export interface CaseTask {
  readonly spec: CaseSpec;
  readonly driverUrl: string;
  readonly directory: string;
  readonly seed: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** Its answer. */
export type CaseAnswer =
  | { readonly ok: true; readonly measures: Measures }
  | { readonly ok: false; readonly reason: string };

/** How a case is run. */
export interface ForkOptions {
  /** Where the store's directory is created, on the disk that is measured. */
  readonly parent: string;
  readonly counting: SyncCounting;
  readonly signal?: AbortSignal | undefined;
}

const CASE_PROCESS = fileURLToPath(new URL('./case-process.js', import.meta.url));
/** A case that takes this much longer than planned is stuck. */
const PATIENCE_MS = 300_000;

/** Runs one case in its own process, so that it shares no memory, garbage or file descriptors. */
export function forkCase(task: Omit<CaseTask, 'directory'>, options: ForkOptions): Promise<CaseAnswer> {
  return withScratch(options.parent, async (scratch) => {
    const directory = join(scratch, 'store');
    await mkdir(directory);
    const env = { ...process.env, ...countingEnvironment(options.counting, join(scratch, 'sync-counts')) };
    // Checked before the process exists: it would wait forever for its task.
    options.signal?.throwIfAborted();
    const child = fork(CASE_PROCESS, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const abort = (): void => void child.kill('SIGKILL');
    options.signal?.addEventListener('abort', abort);
    const patience = setTimeout(abort, PATIENCE_MS + (task.seconds + task.warmUpSeconds) * 2000);
    try {
      return await conversation(child, { ...task, directory });
    } finally {
      clearTimeout(patience);
      options.signal?.removeEventListener('abort', abort);
    }
  });
}

/** Sends the task, and resolves with the answer once the process is gone. */
function conversation(child: ChildProcess, task: CaseTask): Promise<CaseAnswer> {
  return new Promise((resolve, reject) => {
    let answer: CaseAnswer | undefined;
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.on('message', (message: CaseAnswer) => {
      answer = message;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const lastWords = complaint.trim().split('\n').at(-1) ?? '';
      resolve(answer ?? { ok: false, reason: `its process ended (${signal ?? code}) ${lastWords}`.trim() });
    });
    child.send(task, (error) => {
      if (error !== null) complaint += error.message;
    });
  });
}

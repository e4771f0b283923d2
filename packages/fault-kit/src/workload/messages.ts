/**
 * What a workload process is told by its parent. `pick` chooses among the threads that are alive. `blockThread` keeps
 * one busy for so long, `fillThread` lets one run out of memory: start the process with `--max-old-space-size`.
 */
export type WorkloadCommand =
  | { readonly do: 'stop' }
  | { readonly do: 'stats' }
  | { readonly do: 'resume' }
  | { readonly do: 'endThread'; readonly pick: number }
  | { readonly do: 'blockThread'; readonly pick: number; readonly milliseconds: number }
  | { readonly do: 'fillThread'; readonly pick: number };

/** Numbers about a workload process. */
export interface WorkloadStats {
  /** Operations submitted. */
  readonly submitted: number;
  /** Operations acknowledged. */
  readonly acknowledged: number;
  /** Operations rejected. */
  readonly rejected: number;
  /** Operations that are not answered yet. */
  readonly underWay: number;
  /** Entries read back and compared. */
  readonly read: number;
  /** Bytes of memory that the process holds. */
  readonly residentBytes: number;
  /** Files, pipes and sockets that the process has open. */
  readonly openFiles: number;
  /** Threads of the process. */
  readonly threads: number;
  /** Worker threads started so far, those that have ended included. */
  readonly workersStarted: number;
  /** What the process takes the time to be, in milliseconds since 1970. */
  readonly clock: number;
}

/** What a workload process tells its parent. */
export type WorkloadEvent =
  | { readonly is: 'opening' }
  | { readonly is: 'opened' }
  | { readonly is: 'stopping' }
  | { readonly is: 'closed' }
  | { readonly is: 'broken' }
  | { readonly is: 'stats'; readonly stats: WorkloadStats }
  | { readonly is: 'failed'; readonly message: string };

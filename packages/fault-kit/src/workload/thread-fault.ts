/** The channel by which threads of a workload process are told to break. */
export const THREAD_FAULTS = 'shale-fault-kit';

/** What a thread runs into: an endless loop that ends after a while after all, or the end of its memory. */
export type ThreadFault =
  | { readonly run: 'loop'; readonly milliseconds: number }
  | { readonly run: 'outOfMemory' };

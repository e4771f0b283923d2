import { WalError } from '@shale/codec';
import { abortReason, hasAborted, onAbort } from './abort.js';

/** How long to wait before looking again whether a lock is free. A look is a few calls of the system. */
export const LOOK_EVERY_MS = 50;

/**
 * Opens what others may have locked: tries again while it is locked, for at most so many milliseconds. Rejects with the
 * signal's reason, and as `open` does.
 */
export async function whenUnlocked<R>(
  open: () => Promise<R>,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<R> {
  const start = performance.now();
  for (;;) {
    if (hasAborted(signal)) throw abortReason(signal);
    try {
      return await open();
    } catch (error) {
      const left = waitMs - (performance.now() - start);
      if (!(error instanceof WalError && error.code === 'SHALE_LOCKED')) throw error;
      if (left <= 0) throw waitMs > 0 ? afterWaiting(error, waitMs) : error;
      await pause(Math.min(left, LOOK_EVERY_MS), signal);
    }
  }
}

/** The error of the last look, which says how long was waited. */
export function afterWaiting(locked: WalError, waitedMs: number): WalError {
  const { code, message, path, details, cause } = locked;
  const said = `${message} (waited ${waitedMs} ms for it)`;
  return new WalError(code, said, cause === undefined ? { path, details } : { path, details, cause });
}

/**
 * Resolves after a time, or when the signal aborts.
 *
 * @param keepsRunning whether the process goes on for it
 */
export async function pause(ms: number, signal: AbortSignal | undefined, keepsRunning = true): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, ms);
    if (!keepsRunning) timer.unref();
    const forget = onAbort(signal, end);
    function end(): void {
      clearTimeout(timer);
      forget();
      resolve();
    }
  });
}

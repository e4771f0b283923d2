import { types } from 'node:util';
import { mustBe } from '@shale/codec';

/*
 * Signals are read through the getters of the platform, not through properties that an application may have defined over
 * them: none of its code runs here.
 */
const isAbortedOf = getterOf('aborted');
const reasonOf = getterOf('reason');
const { addEventListener } = EventTarget.prototype;

/**
 * One listener per signal, however many wait on it: a signal that is given to thousands of appends would otherwise
 * warn of a leak, and removing a listener from it would search through all the others.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Throws SHALE_INVALID_ARGUMENT unless it is a signal or undefined. */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw mustBe('signal', 'an AbortSignal', signal);
}

/** Whether the platform takes it for a signal. Runs no code of the caller. */
export function isSignal(value: unknown): value is AbortSignal {
  try {
    return !types.isProxy(value) && typeof isAbortedOf.call(value) === 'boolean';
  } catch {
    // The platform refuses it.
    return false;
  }
}

/** Whether a checked signal has aborted. */
export function hasAborted(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && isAbortedOf.call(signal) === true;
}

/** The reason that a checked signal has aborted with. */
export function abortReason(signal: AbortSignal | undefined): unknown {
  return signal === undefined ? undefined : reasonOf.call(signal);
}

/** Calls `call` when a checked signal aborts. Returns a function that cancels that. */
export function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  if (signal === undefined) return nothing;
  let calls = waiting.get(signal);
  if (calls === undefined) {
    const all = new Set<() => void>();
    calls = all;
    addEventListener.call(
      signal,
      'abort',
      () => {
        waiting.delete(signal);
        for (const each of all) each();
      },
      { once: true },
    );
    waiting.set(signal, all);
  }
  const mine = calls;
  mine.add(call);
  return () => mine.delete(call);
}

function getterOf(key: 'aborted' | 'reason'): () => unknown {
  // Both are getters of the prototype; without them nothing would be a signal.
  return Object.getOwnPropertyDescriptor(AbortSignal.prototype, key)?.get ?? nothing;
}

function nothing(): void {}

import { setImmediate as afterTurn } from 'node:timers';
import { setImmediate } from 'node:timers/promises';

/**
 * Resolves when the event loop has turned. What a call comes to without having asked a thread, it comes to after this:
 * a program that repeats the call until something is there, or until there is room, would otherwise keep the loop from
 * ever turning, and with it what it waits for.
 */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}

/** Settles a promise of such a call, when the event loop has turned. */
export function inTurn<R>(settle: (result: R) => void, result: R): void {
  afterTurn(settle, result);
}

/** Makes such a call, at once; it is refused in a later turn of the event loop. */
export async function refusedInTurn<R>(call: () => Promise<R>): Promise<R> {
  try {
    return await call();
  } catch (error) {
    await nextTurn();
    throw error;
  }
}

/** Runs a check of such a call: it refuses in a later turn of the event loop. */
export async function checkInTurn(check: () => void): Promise<void> {
  try {
    check();
  } catch (error) {
    await nextTurn();
    throw error;
  }
}

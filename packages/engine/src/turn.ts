import { setImmediate } from 'node:timers/promises';

/**
 * Resolves when the event loop has turned. What a call that reads comes to without having asked a thread, it comes to
 * after this: a program that repeats the call until something is there would otherwise keep the loop from ever turning,
 * and with it what it waits for.
 */
export async function nextTurn(): Promise<void> {
  await setImmediate();
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

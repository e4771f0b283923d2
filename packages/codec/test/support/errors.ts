import { type ErrorCode, WalError } from '@shale/codec';
import { expect } from 'vitest';

/** The WalError that `run` throws; fails the test when it throws something else or nothing. */
export function walErrorOf(run: () => unknown, code: ErrorCode): WalError {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(WalError);
  if (!(thrown instanceof WalError)) throw new Error('unreachable');
  expect(thrown.code, thrown.message).toBe(code);
  return thrown;
}

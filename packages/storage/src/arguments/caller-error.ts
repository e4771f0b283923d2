import { WalError } from '@shale/codec';
import { invalid } from './refusal.js';

/**
 * The error for an argument whose getter threw: SHALE_INVALID_ARGUMENT with that as its cause. An error of Shale's own
 * about an argument stays as it is.
 */
export function fromCaller(field: string, what: string, cause: unknown): WalError {
  if (isRefusal(cause)) return cause;
  return invalid(field, `${what}: ${reasonOf(cause)}`, cause);
}

/** Whether it is an error of Shale's own about an argument. */
function isRefusal(error: unknown): error is WalError {
  const code = codeOf(error);
  return code === 'SHALE_INVALID_ARGUMENT' || code === 'SHALE_PAYLOAD' || code === 'SHALE_TOO_LARGE';
}

/** Whether it is an error of Shale's own about a payload. */
export function isPayloadError(error: unknown): error is WalError {
  return codeOf(error) === 'SHALE_PAYLOAD';
}

/** The code of a WalError, or null. Never throws, even when reading the thrown value does. */
function codeOf(error: unknown): string | null {
  try {
    return error instanceof WalError ? error.code : null;
  } catch {
    return null;
  }
}

/** What a message says of anything that was thrown. */
export function reasonOf(cause: unknown): string {
  try {
    return cause instanceof Error ? String(cause.message) : String(cause);
  } catch {
    return 'something that cannot be shown';
  }
}

import { WalError } from '@shale/codec';

/** The error for an argument that cannot be used. `field` says which. */
export function invalid(field: string, message: string, cause?: unknown): WalError {
  const options = { details: { field } };
  return new WalError(
    'SHALE_INVALID_ARGUMENT',
    message,
    cause === undefined ? options : { ...options, cause },
  );
}

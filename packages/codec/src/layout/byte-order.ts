import { WalError } from '../errors/wal-error.js';

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Throws SHALE_UNSUPPORTED on a big-endian processor. Frames, runs and chunks hold little-endian integers, which
 * typed arrays and native code read in place; the format on disk does not depend on the processor.
 */
export function requireLittleEndian(): void {
  if (!LITTLE_ENDIAN) {
    throw new WalError('SHALE_UNSUPPORTED', 'Shale needs a little-endian processor, such as x86-64 or arm64');
  }
}

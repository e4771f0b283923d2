import { types } from 'node:util';
import { mustBe, WalError } from '@shale/codec';
import { readBag } from '@shale/storage';
import type { Durability } from '../options.js';
import { wantsSync } from '../write-options.js';
import type { BatchWriteOptions } from './batch.js';

/** The most bytes of a state. */
const MOST_STATE = 64 * 1024;

/** Reads the options of a batch's write. Throws SHALE_INVALID_ARGUMENT, and SHALE_TOO_LARGE for too large a state. */
export function readBatchWrite(
  options: BatchWriteOptions | undefined,
  usual: Durability,
): { readonly sync: boolean; readonly state: Uint8Array | undefined } {
  const { durability, state } =
    options === undefined ? {} : readBag('batch.write', options, ['durability', 'state']);
  const sync = wantsSync(durability, usual === 'sync');
  if (state === undefined) return { sync, state };
  if (!types.isUint8Array(state)) throw mustBe('state', 'a Uint8Array', state);
  if (state.length > MOST_STATE) {
    throw new WalError(
      'SHALE_TOO_LARGE',
      `the state of a consumer has at most ${MOST_STATE} bytes, got ${state.length}: keep what is larger in a table`,
      { details: { length: state.length, limit: MOST_STATE } },
    );
  }
  try {
    // The caller may change it. A Buffer's own slice is no copy.
    return { sync, state: new Uint8Array(state) };
  } catch {
    throw mustBe('state', 'a Uint8Array whose buffer is not detached', state);
  }
}

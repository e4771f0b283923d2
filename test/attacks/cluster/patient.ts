import { WalError } from '@shale/engine';
import { HANG_MS } from '../../support/patience.js';
import { pause } from '../parts/pause.js';

/** What a call resolves to, once the cluster answers: whoever opens a replica is told when it does not. */
export async function patient<T>(call: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + HANG_MS; ; await pause(100)) {
    try {
      return await call();
    } catch (error) {
      const isAway = error instanceof WalError && error.code === 'SHALE_UNAVAILABLE';
      if (!isAway || performance.now() > end) throw error;
    }
  }
}

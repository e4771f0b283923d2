import type { Engine } from '../engine.js';
import type { FollowStream } from './follow-stream.js';

/** Resolves when a follow has begun; what keeps it from that is what it fails with. */
export function whenReady(engine: Engine, stream: FollowStream, begun: Promise<void>): Promise<void> {
  const ready = begun
    .catch((error: unknown) => stream.fail(error))
    .then(() => {
      stream.requireNoFailure();
      if (!stream.isRunning) throw engine.lifecycle.refusal() ?? engine.lifecycle.closedError();
    });
  // Most programs do not wait for it, and get the failure where they wait for entries.
  ready.catch(() => undefined);
  return ready;
}

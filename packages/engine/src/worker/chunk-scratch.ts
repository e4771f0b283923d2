import type { ScanLayout } from '@shale/codec';
import { RUN_STRIDE } from '@shale/codec';
import type { ChunkData } from '../shard/protocol.js';

/** A buffer that is larger is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * The buffer that scans fill. What a scan found leaves in a buffer of about its own size: small results are copied
 * out, large ones take the buffer with them, so a reader never holds much more memory than it got entries for.
 */
export class ChunkScratch {
  #buffer: ArrayBuffer = new ArrayBuffer(0);

  /** A buffer of at least `bytes`. */
  take(bytes: number): ArrayBuffer {
    if (this.#buffer.byteLength !== bytes) this.#buffer = new ArrayBuffer(bytes);
    return this.#buffer;
  }

  /** Hands out what a scan left in the buffer taken last; null when it found nothing. */
  handOut(layout: ScanLayout): ChunkData | null {
    const buffer = this.#buffer;
    if (buffer.byteLength > KEPT_BYTES) this.#buffer = new ArrayBuffer(0);
    if (layout.entries === 0) return null;
    const used = layout.runsAt + layout.runs * RUN_STRIDE;
    if (used * 2 < buffer.byteLength) return { buffer: buffer.slice(0, used), layout };
    this.#buffer = new ArrayBuffer(0);
    return { buffer, layout };
  }
}

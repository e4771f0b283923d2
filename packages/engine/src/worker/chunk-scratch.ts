import type { ScanLayout } from '@shale/codec';
import { GROUP_STRIDE } from '@shale/codec';
import type { ChunkData } from '../shard/protocol.js';

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
    if (layout.entries === 0) return null;
    const used = layout.groupsAt + layout.groups * GROUP_STRIDE;
    if (used * 2 < this.#buffer.byteLength) return { buffer: this.#buffer.slice(0, used), layout };
    const buffer = this.#buffer;
    this.#buffer = new ArrayBuffer(0);
    return { buffer, layout };
  }
}

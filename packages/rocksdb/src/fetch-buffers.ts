import { RUN_STRIDE } from '@shale/codec';
import type { ChunkResult } from './results.js';

/** So many bytes are kept, at most, while no fetch uses them. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * The buffers that fetches fill. Nobody else has them meanwhile: a thread of the addon writes there. What a fetch found
 * leaves in a buffer of about its own size: small results are copied out, large ones take the buffer with them.
 */
export class FetchBuffers {
  readonly #idle: ArrayBuffer[] = [];
  #idleBytes = 0;

  /** A buffer of so many bytes, with anything in it. */
  take(bytes: number): ArrayBuffer {
    const at = this.#idle.findLastIndex((buffer) => buffer.byteLength === bytes);
    const [found] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (found === undefined) return newBuffer(bytes);
    this.#idleBytes -= bytes;
    return found;
  }

  /** What a fetch left in a buffer that was taken; null when it found nothing. */
  handOut(buffer: ArrayBuffer, { entries, runsAt, runs }: ChunkResult): ArrayBuffer | null {
    const used = entries === 0 ? 0 : runsAt + runs * RUN_STRIDE;
    if (used * 2 >= buffer.byteLength) return buffer;
    const found = used === 0 ? null : buffer.slice(0, used);
    this.giveBack(buffer);
    return found;
  }

  /** The buffer is not needed any more. */
  giveBack(buffer: ArrayBuffer): void {
    const bytes = buffer.byteLength;
    if (bytes > KEPT_BYTES) return;
    this.#idle.push(buffer);
    this.#idleBytes += bytes;
    while (this.#idleBytes > KEPT_BYTES) this.#idleBytes -= this.#idle.shift()?.byteLength ?? 0;
  }
}

/** Not filled with zeros: what a fetch leaves in it is written before it is read. */
function newBuffer(bytes: number): ArrayBuffer {
  const { buffer } = Buffer.allocUnsafeSlow(bytes);
  return buffer instanceof ArrayBuffer ? buffer : new ArrayBuffer(bytes);
}

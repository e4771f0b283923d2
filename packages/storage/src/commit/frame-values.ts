import type { AppendFrame } from '@shale/codec';

/** The values of a frame's entries, asked for in order: the frame has their lengths alone. */
export class FrameValues {
  #entry = 0;
  #offset = 0;

  /** Begins with another frame. */
  begin(): void {
    this.#entry = 0;
    this.#offset = 0;
  }

  /** The value of an entry, a view of the frame; not before the one that was asked for last. */
  at({ lengths, data }: AppendFrame, entry: number): Uint8Array {
    const view = new DataView(lengths.buffer, lengths.byteOffset, lengths.byteLength);
    while (this.#entry < entry) this.#offset += view.getUint32(this.#entry++ * 4, true);
    return data.subarray(this.#offset, this.#offset + view.getUint32(entry * 4, true));
  }
}

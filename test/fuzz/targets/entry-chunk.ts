import { EntryChunk, encodeLogKeyPrefix, encodeLogValue, encodeRun } from '@shale/codec';
import { require, type Target, typed } from '../target.js';

/** The five numbers of a layout, u32 LE each, before the bytes of the buffer. */
const LAYOUT_BYTES = 20;

function sample(): Uint8Array {
  const input = new Uint8Array(LAYOUT_BYTES + 16 + 16 + 64);
  const view = new DataView(input.buffer);
  [3, 2, 9, 16, 32].forEach((value, i) => void view.setUint32(i * 4, value, true));
  const body = input.subarray(LAYOUT_BYTES);
  let end = 0;
  [3, 0, 3].forEach((length, i) => {
    end = encodeLogValue(body, end, new Uint8Array(length).fill(i + 1));
    new DataView(body.buffer, body.byteOffset).setUint32(16 + i * 4, end, true);
  });
  const prefix = new Uint8Array(17);
  encodeLogKeyPrefix(prefix, 0, { instance: 0, region: 1n, table: 2n });
  encodeRun(body, 32, prefix, 7n, 2);
  encodeRun(body, 64, prefix, 20n, 1);
  return input;
}

/** What a scan leaves in a buffer. */
export const entryChunk: Target = {
  name: 'entry-chunk',
  maxBytes: 1024,
  tokens: [Uint8Array.of(1, 0, 0, 0), Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
  seeds: [sample()],
  run(input) {
    if (input.length < LAYOUT_BYTES) return;
    const view = new DataView(input.buffer, input.byteOffset);
    const number = (index: number): number => view.getUint32(index * 4, true);
    const buffer = input.slice(LAYOUT_BYTES).buffer;
    const layout = {
      entries: number(0),
      runs: number(1),
      dataLength: number(2),
      endsAt: number(3),
      runsAt: number(4),
    };
    const chunk = typed(['SHALE_CORRUPT'], () => new EntryChunk(buffer, layout));
    if (chunk === undefined) return;
    require(chunk.length === layout.entries && chunk.length * 4 <= buffer.byteLength, 'has too many entries');
    for (let i = 0; i < chunk.length; i++) {
      const sequence = chunk.sequenceAt(i);
      require(sequence >= 0n && sequence < 2n ** 64n, `entry ${i} has sequence ${sequence}`);
      chunk.tableAt(i);
      const payload = typed(['SHALE_CORRUPT'], () => chunk.payloadAt(i));
      if (payload === undefined) continue;
      require(payload.byteOffset + payload.length <= layout.dataLength, `entry ${i} reaches beyond the data`);
    }
    require(typed(['SHALE_INVALID_ARGUMENT'], () => chunk.payloadAt(chunk.length)) ===
      undefined, 'has one more');
  },
};

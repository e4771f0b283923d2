import {
  AppendFrameWriter,
  decodeAppendFrame,
  decodeLogKeyPrefix,
  encodeLogKeyPrefix,
  encodePosition,
  timeOfId,
} from '@shale/codec';
import { require, type Target, typed } from '../target.js';

function frame(build: (writer: AppendFrameWriter) => void, sync: boolean): Uint8Array {
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  build(writer);
  return writer.seal({ sync }).slice();
}

function prefix(instance: number, region: bigint, table: bigint): Uint8Array {
  const bytes = new Uint8Array(17);
  encodeLogKeyPrefix(bytes, 0, { instance, region, table });
  return bytes;
}

/** Frames of appends, as a worker takes them. */
export const appendFrame: Target = {
  name: 'append-frame',
  maxBytes: 4096,
  tokens: [
    Uint8Array.of(0xc4, 0),
    Uint8Array.of(0xc5, 0, 0),
    Uint8Array.of(0xc6, 0, 0, 0, 0),
    Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0x81, 0xa4, 0x73, 0x79, 0x6e, 0x63, 0xc3),
    Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xc7, 0xff, 0x74),
    prefix(0, 1n, 2n),
  ],
  seeds: [
    frame(() => {}, true),
    frame((writer) => {
      const table = writer.addTable(prefix(0, 1n, 2n));
      writer.beginAppend(table);
      writer.add(Uint8Array.of(1, 2, 3));
      writer.add(new Uint8Array(0));
      writer.beginAppend(writer.addTable(prefix(0, 1n, 3n)), { joins: true, expect: 7n });
      writer.add(new Uint8Array(40));
      writer.beginAppend(table, { expect: 2n ** 64n - 1n });
      writer.addPosition(
        table,
        true,
        5n,
        0n,
        encodePosition({ position: 3n, epoch: 1n, state: Uint8Array.of(9) }),
      );
      writer.addTrim(table, 3n);
      writer.addDrop(table);
    }, false),
    frame((writer) => {
      const table = writer.addTable(prefix(0, 1n, 2n));
      writer.beginAppend(table, { expect: 7n });
      writer.addId(1000, Uint8Array.of(7, 8));
      writer.add(Uint8Array.of(1, 2, 3));
      writer.add(Uint8Array.of(4));
      writer.beginAppend(table);
      writer.addId(2 ** 40, 'x');
      writer.add(Uint8Array.of(5));
    }, true),
  ],
  run(input) {
    const decoded = typed(['SHALE_CORRUPT'], () => decodeAppendFrame(input));
    if (decoded === undefined) return;
    const { data, lengths, entryCount, appends, appendCount, tables, tableCount, expects, ids } = decoded;
    const view = new DataView(lengths.buffer, lengths.byteOffset, lengths.byteLength);
    let end = 0;
    for (let i = 0; i < entryCount; i++) {
      require(data[end] === 0, `entry ${i} has no version byte`);
      end += view.getUint32(i * 4, true);
    }
    require(end === data.length, `the lengths add up to ${end} of ${data.length}`);
    let entries = 0;
    let expected = 0;
    let idAt = 0;
    for (let i = 0; i < appendCount; i++) {
      require((appends[i * 3] ?? tableCount) < tableCount, `append ${i} names no table`);
      const flags = appends[i * 3 + 2] ?? 0;
      const isPosition = (flags & 16) !== 0;
      const isId = (flags & 64) !== 0;
      if (isId) {
        require((flags & ~66) === 0 &&
          (appends[i * 3 + 1] ?? 0) > 0, `append ${i} with an id is something else, too`);
        require(((appends[i * 3 + 5] ?? 0) & 1) === 0, `the id of append ${i} is of more than one append`);
        require((ids[idAt] ?? 0) > 0 &&
          Number.isSafeInteger(timeOfId(ids, idAt)), `the id of append ${i} is none`);
        idAt += 9 + (ids[idAt] ?? 0);
      }
      if (isPosition) {
        require((flags & ~17) === 0 && appends[i * 3 + 1] === 1, `position ${i} is something else, too`);
        require(view.getUint32(entries * 4, true) >= 17, `position ${i} is not whole`);
      }
      entries += appends[i * 3 + 1] ?? 0;
      if (isPosition) expected += 2;
      else if ((flags & 6) !== 0) expected++;
      require(flags < 4 ||
        isPosition ||
        isId ||
        (appends[i * 3 + 1] === 0 && (flags & 3) === 0), `removal ${i} is an append too`);
    }
    require(idAt === ids.length, `the ids take ${idAt} of ${ids.length}`);
    require(entries === entryCount, `the appends have ${entries} of ${entryCount} entries`);
    require(expected ===
      expects.length, `${expected} appends expect, and there are ${expects.length} expects`);
    for (let i = 0; i < tableCount; i++) decodeLogKeyPrefix(tables, i * 17);
  },
};

import {
  APPEND_EXPECTS,
  APPEND_JOINS,
  type AppendFrame,
  AppendFrameWriter,
  decodeAppendFrame,
  EntryPacker,
  measurePayload,
  U64_MAX,
} from '@shale/codec';
import fc from 'fast-check';
import { unpack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { hexOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';
import {
  type AppendModel,
  expectsOf,
  type FrameModel,
  flagsOf,
  frameModel,
  prefixOf,
  sealed,
  sizeOf,
} from './support/frames.js';

const ID = { region: 1234n, table: 8910n };

/** The parts of the model's frame, computed the slow way. */
function partsOf(model: FrameModel) {
  const payloads = model.appends.flatMap((append) => append.payloads);
  const u32 = (values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  return {
    data: Uint8Array.from(payloads.flatMap((payload) => [0, ...payload])),
    lengths: u32(payloads.map((payload) => payload.length + 1)),
    appends: u32(model.appends.flatMap((append) => [append.table, append.payloads.length, flagsOf(append)])),
    tables: Uint8Array.from(model.tables.flatMap((id) => [...prefixOf(id)])),
    expects: new Uint8Array(BigUint64Array.from(expectsOf(model)).buffer),
  };
}

describe('a sealed frame', () => {
  test('is one msgpack message that a plain msgpack decoder takes apart', () => {
    fc.assert(
      fc.property(frameModel, (model) => {
        const parts = partsOf(model);
        const message: unknown[] = unpack(Uint8Array.from(sealed(model)));
        expect(message).toEqual([
          1,
          parts.data,
          parts.lengths,
          parts.appends,
          parts.tables,
          parts.expects,
          { sync: model.sync },
        ]);
      }),
    );
  });

  test('decodes to what was put in', () => {
    fc.assert(
      fc.property(frameModel, (model) => {
        const parts = partsOf(model);
        const frame = decodeAppendFrame(sealed(model));
        expect(frame.data).toEqual(parts.data);
        expect(frame.lengths).toEqual(parts.lengths);
        expect(frame.entryCount).toBe(parts.lengths.length / 4);
        expect(new Uint8Array(Uint32Array.from(frame.appends).buffer)).toEqual(parts.appends);
        expect(frame.appendCount).toBe(model.appends.length);
        expect(frame.tables).toEqual(parts.tables);
        expect(frame.tableCount).toBe(model.tables.length);
        expect([...frame.expects]).toEqual(expectsOf(model));
        expect(frame.sync).toBe(model.sync);
      }),
    );
  });

  test('is byte for byte what docs/format.md shows', () => {
    const frame = sealed({
      tables: [ID],
      appends: [
        { table: 0, payloads: [Uint8Array.of(0, 0, 0, 42)], joins: false, expect: 1000n },
        { table: 0, payloads: [], joins: true, expect: undefined },
      ],
      sync: true,
    });
    expect(hexOf(frame)).toBe(
      [
        '97 01',
        'c6 00000005 000000002a',
        'c6 00000004 05000000',
        'c6 00000018 000000000100000002000000 000000000000000001000000',
        'c6 00000011 01 00000000000004d2 00000000000022ce',
        'c6 00000008 e803000000000000',
        '81 a4 73796e63 c3',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test('has no byte that its buffer held before', () => {
    fc.assert(
      fc.property(frameModel, fc.nat(70), (model, slack) => {
        const clean = sealed(model, new ArrayBuffer(sizeOf(model) + slack));
        const used = new ArrayBuffer(sizeOf(model) + slack);
        new Uint8Array(used).fill(0xa5);
        expect(hexOf(sealed(model, used))).toBe(hexOf(clean));
      }),
    );
  });

  test('can be read from an odd address, and from a Node Buffer', () => {
    const model: FrameModel = {
      tables: [ID],
      appends: [{ table: 0, payloads: [Uint8Array.of(1), Uint8Array.of(2, 3)], joins: false, expect: 9n }],
      sync: false,
    };
    for (const shift of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const bytes = sealed(model);
      const place = Buffer.from(new ArrayBuffer(shift + bytes.length)).subarray(shift);
      place.set(bytes);
      const frame = decodeAppendFrame(place);
      expect(frame.lengths.byteOffset % 4).toBe(0);
      expect(hexOf(frame.lengths)).toBe('0200000003000000');
      expect([...frame.appends]).toEqual([0, 2, APPEND_EXPECTS]);
      expect([...frame.expects]).toEqual([9n]);
    }
  });

  test('may be empty', () => {
    const writer = new AppendFrameWriter(new ArrayBuffer(AppendFrameWriter.sizeFor(0, 0, 0, 0)));
    const frame = decodeAppendFrame(writer.seal({ sync: false }));
    expect(frame).toMatchObject({ entryCount: 0, appendCount: 0, tableCount: 0, sync: false });
  });
});

describe('the room of a writer', () => {
  test('byteLength is the length of the sealed frame, and sizeFor is never less', () => {
    fc.assert(
      fc.property(frameModel, (model) => {
        const writer = new AppendFrameWriter(new ArrayBuffer(sizeOf(model)));
        for (const id of model.tables) writer.addTable(prefixOf(id));
        for (const append of model.appends) {
          const bytes = append.payloads.reduce((sum, payload) => sum + payload.length, 0);
          expect(writer.fits(append.payloads.length, bytes, 0)).toBe(true);
          writer.beginAppend(append.table, append);
          for (const payload of append.payloads) writer.add(payload);
        }
        expect(writer.entryCount).toBe(
          model.appends.reduce((sum, append) => sum + append.payloads.length, 0),
        );
        expect(writer.appendCount).toBe(model.appends.length);
        expect(writer.tableCount).toBe(model.tables.length);
        const announced = writer.byteLength;
        expect(writer.seal({ sync: model.sync }).length).toBe(announced);
      }),
    );
  });

  test('is used to the last byte, whatever the buffer is aligned to', () => {
    for (let slack = 0; slack < 9; slack++) {
      const size = AppendFrameWriter.sizeFor(3, 30, 1, 1) + slack;
      const writer = new AppendFrameWriter(new ArrayBuffer(size));
      writer.addTable(prefixOf(ID));
      writer.beginAppend(0, { expect: U64_MAX });
      for (let i = 0; i < 3; i++) writer.add(new Uint8Array(10).fill(i + 1));
      // Only the slack is left: an entry of n bytes takes n + 5.
      if (slack >= 5) writer.add(new Uint8Array(slack - 5).fill(9));
      else walErrorOf(() => writer.add(new Uint8Array(0)), 'SHALE_TOO_LARGE');
      walErrorOf(() => writer.add(new Uint8Array(0)), 'SHALE_TOO_LARGE');
      const frame = decodeAppendFrame(writer.seal({ sync: true }));
      expect(frame.entryCount).toBe(slack >= 5 ? 4 : 3);
    }
  });

  test('an addition that does not fit is refused and leaves the frame unchanged', () => {
    const size = AppendFrameWriter.sizeFor(1, 10, 1, 1);
    const writer = new AppendFrameWriter(new ArrayBuffer(size));
    writer.addTable(prefixOf(ID));
    writer.beginAppend(0);
    const before = writer.byteLength;
    const tooLarge = new Uint8Array(size);
    expect(walErrorOf(() => writer.add(tooLarge), 'SHALE_TOO_LARGE').details).toMatchObject({
      capacity: size,
    });
    walErrorOf(() => {
      for (let i = 0; i < 100; i++) writer.addTable(prefixOf(ID));
    }, 'SHALE_TOO_LARGE');
    expect(writer.fits(1, 10, 0)).toBe(false);
    expect(before).toBeLessThan(size);
    expect(decodeAppendFrame(writer.seal({ sync: true }))).toMatchObject({ appendCount: 1, entryCount: 0 });
  });

  test('a frame larger than the scratch between frames is sealed as well', () => {
    const entries = 100_000;
    const writer = new AppendFrameWriter(new ArrayBuffer(AppendFrameWriter.sizeFor(entries, entries, 1)));
    writer.addTable(prefixOf(ID));
    writer.beginAppend(0);
    const payload = new Uint8Array(1);
    for (let i = 0; i < entries; i++) {
      payload[0] = i;
      writer.add(payload);
    }
    const frame = decodeAppendFrame(writer.seal({ sync: false }));
    expect(frame.entryCount).toBe(entries);
    for (let i = 0; i < entries; i++) {
      if (frame.data[2 * i + 1] !== (i & 255)) throw new Error(`entry ${i} is wrong`);
    }
  });
});

test('a table is the same by its prefix and by the parts of the prefix', () => {
  const key = { instance: 0, ...ID };
  const writer = new AppendFrameWriter(new ArrayBuffer(AppendFrameWriter.sizeFor(0, 0, 40)));
  for (let i = 0; i < 40; i++) {
    const made = { ...key, table: ID.table + BigInt(i) };
    expect(i % 2 === 0 ? writer.addTableOf(made) : writer.addTable(prefixOf(made))).toBe(i);
  }
  const full = writer.byteLength;
  walErrorOf(() => writer.addTableOf({ ...key, table: -1n }), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => writer.addTableOf({ ...key, instance: 128 }), 'SHALE_INVALID_ARGUMENT');
  for (let left = writer.buffer.byteLength - full; left >= 17; left -= 17) writer.addTableOf(key);
  walErrorOf(() => writer.addTableOf(key), 'SHALE_TOO_LARGE');
  const { tables } = decodeAppendFrame(writer.seal({ sync: false }));
  for (let i = 0; i < 40; i++) {
    expect(tables.subarray(i * 17, i * 17 + 17)).toEqual(prefixOf({ ...key, table: ID.table + BigInt(i) }));
  }
});

test('a payload is copied when it is added', () => {
  const writer = new AppendFrameWriter(new ArrayBuffer(200));
  const prefix = prefixOf(ID);
  writer.addTable(prefix);
  prefix.fill(0);
  writer.beginAppend(0);
  const payload = Uint8Array.of(1, 2, 3);
  writer.add(payload);
  payload.fill(9);
  const frame = decodeAppendFrame(writer.seal({ sync: true }));
  expect([...frame.data]).toEqual([0, 1, 2, 3]);
  expect(frame.tables).toEqual(prefixOf(ID));
});

/** Adds an append in one piece. */
function addPacked(writer: AppendFrameWriter, append: AppendModel): void {
  const { table, payloads, joins, expect: expected, removal } = append;
  if (removal !== undefined) {
    if (removal === 'drop') writer.addDrop(table);
    else writer.addTrim(table, removal);
    return;
  }
  const packer = new EntryPacker();
  for (const payload of payloads) packer.add(payload, payload.length);
  writer.beginAppend(table, { joins, expect: expected });
  writer.addPacked(packer.finish());
}

describe('between begin and commit', () => {
  /** A frame with one append, to which `rest` adds whatever it wants. */
  const frameWith = (rest: (writer: AppendFrameWriter) => void): AppendFrame => {
    const writer = new AppendFrameWriter(new ArrayBuffer(20_000));
    writer.addTable(prefixOf(ID));
    writer.begin(2, 2, 1);
    writer.beginAppend(0, { expect: 1n });
    writer.add(Uint8Array.of(1));
    writer.add(Uint8Array.of(2));
    writer.commit();
    rest(writer);
    return decodeAppendFrame(writer.seal({ sync: false }));
  };
  const two = { region: 1n, table: 2n };

  test('nothing is in without the commit, whatever the reason; only tables stay known', () => {
    const frame = frameWith((writer) => {
      const { byteLength } = writer;
      for (let i = 0; i < 3; i++) {
        writer.begin(3, 30, 2);
        if (i === 0) writer.addTable(prefixOf(two));
        writer.beginAppend(0, { expect: 9n });
        writer.add(new Uint8Array(10).fill(9));
        writer.beginAppend(1, { joins: true });
        if (i === 1) writer.addPacked({ data: Uint8Array.of(0, 7), lengths: [2], payloadBytes: 1 });
      }
      writer.begin(1, 1, 1);
      writer.beginAppend(1);
      writer.add(Uint8Array.of(3));
      writer.commit();
      writer.begin(5, 5, 1);
      // An entry after begin belongs to an append after begin.
      walErrorOf(() => writer.add(Uint8Array.of(9)), 'SHALE_INVALID_ARGUMENT');
      expect(writer.byteLength).toBe(byteLength + 17 + 12 + 4 + 2);
    });
    expect([...frame.data]).toEqual([0, 1, 0, 2, 0, 3]);
    expect([...frame.appends]).toEqual([0, 2, APPEND_EXPECTS, 1, 1, 0]);
    expect([...frame.expects]).toEqual([1n]);
    expect(frame.tableCount).toBe(2);
  });

  test('a payload that has grown since it was measured overwrites nothing else', () => {
    const shared = new Uint8Array(19_970).fill(9);
    const frame = frameWith((writer) => {
      writer.begin(2, 4, 1);
      writer.beginAppend(0);
      // It would overwrite the lengths of earlier entries, which are at the end.
      expect(() => writer.add(shared, 3)).toThrow(RangeError);
      writer.begin(2, 4, 1);
      writer.beginAppend(0);
      writer.add(shared.subarray(0, 20), 3);
      writer.add(Uint8Array.of(4), 1);
      writer.commit();
    });
    expect([...frame.data]).toEqual([0, 1, 0, 2, 0, 9, 9, 9, 0, 4]);
    expect([...new Uint32Array(frame.lengths.buffer, frame.lengths.byteOffset, 4)]).toEqual([2, 2, 4, 2]);
  });

  test('fills a frame to the last byte, as it does without', () => {
    fc.assert(
      fc.property(frameModel, fc.nat(8), (model, slack) => {
        const writer = new AppendFrameWriter(new ArrayBuffer(sizeOf(model) + slack));
        for (const id of model.tables) writer.addTable(prefixOf(id));
        let joined: AppendModel[] = [];
        for (const [i, append] of model.appends.entries()) {
          joined.push(append);
          if (model.appends[i + 1]?.joins === true) continue;
          const payloads = joined.flatMap((each) => each.payloads);
          const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
          writer.begin(payloads.length, bytes, joined.length);
          for (const each of joined) addPacked(writer, each);
          writer.commit();
          joined = [];
        }
        expect(hexOf(writer.seal({ sync: model.sync }))).toBe(hexOf(sealed(model)));
      }),
    );
  });
});

test('a packer copies each payload before the next one is produced', () => {
  const packer = new EntryPacker();
  const scratch = new Uint8Array(300);
  for (let i = 0; i < 5; i++) {
    scratch.fill(i);
    packer.add(scratch, 300);
  }
  packer.add(new Uint8Array(0), 0);
  const { data, lengths, payloadBytes } = packer.finish();
  expect(lengths).toEqual([301, 301, 301, 301, 301, 1]);
  expect(payloadBytes).toBe(1500);
  expect(data.length).toBe(1506);
  expect([0, 1, 300, 301, 302, 1505].map((at) => data[at])).toEqual([0, 0, 0, 0, 1, 0]);
  expect(data[4 * 301 + 300]).toBe(4);
});

test('a payload is measured by its memory, not by its length property', () => {
  const lying = Object.defineProperty(new Uint8Array(8), 'length', { value: 3 });
  expect(measurePayload(lying)).toBe(8);
  expect(measurePayload(Buffer.alloc(0))).toBe(0);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const none of [detached, new Uint16Array(1), Object.create(Uint8Array.prototype), 'text', null]) {
    walErrorOf(() => measurePayload(none), 'SHALE_PAYLOAD');
  }
});

test('writers of one thread do not disturb each other', () => {
  const writers = [1, 2, 3].map(() => new AppendFrameWriter(new ArrayBuffer(1000)));
  for (const writer of writers) writer.addTable(prefixOf(ID));
  for (let round = 0; round < 5; round++) {
    for (const [i, writer] of writers.entries()) {
      writer.beginAppend(0, { expect: BigInt(i) });
      for (let n = 0; n <= i; n++) writer.add(Uint8Array.of(i, round));
    }
  }
  const frames = writers.map((writer) => decodeAppendFrame(writer.seal({ sync: true })));
  for (const [i, frame] of frames.entries()) {
    expect(frame.entryCount).toBe(5 * (i + 1));
    expect([...frame.expects]).toEqual(Array.from({ length: 5 }, () => BigInt(i)));
    expect(frame.data.filter((_, at) => at % 3 === 1).every((byte) => byte === i)).toBe(true);
  }
});

describe('misuse of a writer is refused', () => {
  const open = (): AppendFrameWriter => {
    const writer = new AppendFrameWriter(new ArrayBuffer(500));
    writer.addTable(prefixOf(ID));
    return writer;
  };

  test.each<[string, (writer: AppendFrameWriter) => unknown]>([
    ['an entry before any append', (writer) => writer.add(new Uint8Array(1))],
    ['an unknown table', (writer) => writer.beginAppend(1)],
    ['half a table', (writer) => writer.beginAppend(0.5)],
    ['a first append that joins', (writer) => writer.beginAppend(0, { joins: true })],
    ['an expect out of range', (writer) => writer.beginAppend(0, { expect: -1n })],
    ['a prefix of another length', (writer) => writer.addTable(new Uint8Array(16))],
  ])('%s', (_, misuse) => {
    const writer = open();
    walErrorOf(() => misuse(writer), 'SHALE_INVALID_ARGUMENT');
    expect(decodeAppendFrame(writer.seal({ sync: true }))).toMatchObject({ appendCount: 0, entryCount: 0 });
  });

  test('any call after seal', () => {
    const writer = open();
    writer.beginAppend(0);
    writer.seal({ sync: true });
    for (const misuse of [
      () => writer.add(new Uint8Array(1)),
      () => writer.beginAppend(0),
      () => writer.addTable(prefixOf(ID)),
      () => writer.addTableOf({ instance: 0, ...ID }),
      () => writer.seal({ sync: true }),
    ]) {
      expect(walErrorOf(misuse, 'SHALE_INVALID_ARGUMENT').message).toContain('sealed');
    }
  });

  test('a buffer that is too small, or detached', () => {
    walErrorOf(() => new AppendFrameWriter(new ArrayBuffer(10)), 'SHALE_INVALID_ARGUMENT');
    const buffer = new ArrayBuffer(100);
    structuredClone(buffer, { transfer: [buffer] });
    walErrorOf(() => new AppendFrameWriter(buffer), 'SHALE_INVALID_ARGUMENT');
  });
});

test('the flags are those of format.md', () => {
  expect([APPEND_JOINS, APPEND_EXPECTS]).toEqual([1, 2]);
});

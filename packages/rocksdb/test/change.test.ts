import { expect, test } from 'vitest';
import { temporaryDatabase } from './support/temporary.js';

const at = (...bytes: number[]) => Uint8Array.from(bytes);
const sync = { sync: false };

test('records are written and removed together, in this order', async () => {
  const database = await temporaryDatabase();
  database.change([], sync);
  database.change(
    [
      { put: at(1), value: at(10) },
      { put: at(2), value: at() },
      { put: at(3), value: at(30) },
      { remove: at(1) },
      { removeFrom: at(2), to: at(3) },
      { put: at(2, 1), value: at(21) },
    ],
    { sync: true },
  );
  expect([at(1), at(2), at(2, 1), at(3)].map((key) => database.get(key))).toEqual([
    null,
    null,
    at(21),
    at(30),
  ]);
});

test('what makes no sense is refused, and nothing is done', async () => {
  const database = await temporaryDatabase();
  const good = { put: at(1), value: at(1) };
  for (const bad of [{ remove: at() }, { removeFrom: at(2), to: at(2) }, { removeFrom: at(2), to: at(1) }]) {
    expect(() => database.change([good, bad], sync)).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  }
  expect(() => database.change([good, { remove: 'x' as never }], sync)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
  expect(database.get(at(1))).toBeNull();
  const reader = await temporaryDatabase({ readOnly: true }, database.path);
  expect(() => reader.change([good], sync)).toThrow(expect.objectContaining({ code: 'ROCKSDB_READ_ONLY' }));
});

/*
 * What went wrong: for an empty append a commit said what the next sequence was. A table that has none left cannot
 * say that in 64 bits, so the number was cut, and whoever reckoned from it took the last sequence for one less.
 */
import {
  AppendFrameWriter,
  decodeAppendFrame,
  encodeLogKeyPrefix,
  LOG_KEY_PREFIX_LENGTH,
  U64_MAX,
} from '@shale/codec';
import { expect, test } from 'vitest';
import { fresh, plantEntry } from '../support.js';

const id = { region: 1n, table: 7n };

test.each([U64_MAX, U64_MAX - 1n, 5n, 0n])(
  'an empty append to a table whose last is %s says so',
  async (last) => {
    const log = await fresh();
    if (last > 0n) await plantEntry(log, id, last);
    const writer = new AppendFrameWriter(new ArrayBuffer(1024));
    const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
    encodeLogKeyPrefix(prefix, 0, { instance: 0, ...id });
    writer.beginAppend(writer.addTable(prefix));
    const { firsts, errors } = log.commit(decodeAppendFrame(writer.seal({ sync: false })));
    expect({ last: firsts[0], errors }).toEqual({ last, errors: [] });
    expect(log.append(id, [])).toEqual({ first: last + 1n, last });
  },
);

import { runInNewContext } from 'node:vm';
import { openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { temporary } from '../../../test/support/temporary.js';

test('a Uint8Array of another realm is appended like one of this', async () => {
  await using log = await openLog(temporary('payloads'));
  const id = { region: 1n, table: 1n };
  log.append(id, [Buffer.from('a'), runInNewContext('Uint8Array.of(98)')]);
  const entries = [...log.read(id)];
  expect(entries.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['a', 'b']);
});

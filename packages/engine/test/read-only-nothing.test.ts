import { join } from 'node:path';
import { openWal, type WalError } from '@shale/engine';
import { expect, test } from 'vitest';
import { temporary } from './support.js';

async function refusal(path: string, options: { readOnly?: boolean; create?: boolean }): Promise<WalError> {
  return await openWal(path, { shards: 1, ...options }).then(
    () => expect.fail('it must reject'),
    (error: unknown) => error as WalError,
  );
}

test('what is not there is refused with an advice that this very opening could follow', async () => {
  const path = join(await temporary(), 'nothing');
  const looking = await refusal(path, { readOnly: true });
  expect(looking.code).toBe('SHALE_NOT_FOUND');
  expect(looking.message).toContain('what is opened with readOnly: true must be there already');
  expect(looking.message).not.toContain('create');
  const both = await refusal(path, { readOnly: true, create: true });
  expect(both.message).toBe(looking.message);
  const writing = await refusal(path, { create: false });
  expect(writing.code).toBe('SHALE_NOT_FOUND');
  expect(writing.message).toContain('open with create: true');
});

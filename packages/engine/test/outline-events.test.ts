import { APPEND_ID } from '@shale/codec';
import { expect, test } from 'vitest';
import { tellOutline } from '../dist/followed/outline-events.js';

test('followers are not told of appends that were in already, however long they claim to be', () => {
  const appends = Uint32Array.of(0, 1, APPEND_ID, 0, 30, APPEND_ID, 1, 2, APPEND_ID);
  const told: unknown[] = [];
  tellOutline(
    { appends },
    { firsts: BigUint64Array.of(5n, 3n, 7n), repeats: Uint32Array.of(1, 2), errors: [] },
    {
      appended: (...entries) => told.push(entries),
      dropped: (table) => told.push(table),
    },
  );
  expect(told).toEqual([
    [0, 5n, 5n],
    [1, 7n, 8n],
  ]);
});

import { describeTables } from '@shale/storage';
import { expect, test } from 'vitest';

const place = (instance: number, table: bigint, region = 1n) => ({ instance, region, table });

test.each([
  [place(0, 2n), place(0, 9n), 'region 1, table 2 to region 1, table 9'],
  [place(3, 2n), place(3, 2n), 'instance 3, region 1, table 2'],
  [place(0, 2n), null, 'region 1, table 2 to other records'],
  [place(0, 2n), place(127, 0n, 0n), 'region 1, table 2 to the names of tables'],
  [place(127, 0n, 0n), place(127, 5n, 0n), 'the names of tables to the names of tables of instance 5'],
])('what a damaged file holds is named as what it is: %o to %o', (first, last, text) => {
  expect(describeTables({ file: '000012.sst', message: 'x', first, last })).toBe(text);
});

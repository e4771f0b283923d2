import {
  decodeNameKey,
  decodeNameValue,
  decodeTableNameKey,
  decodeTableNameValue,
  encodeNameValue,
  encodeTableNameValue,
  nameKey,
  tableNameKey,
} from '@shale/codec';
import { require, same, type Target, typed, utf8 } from '../target.js';

const ID = { region: 0n, table: 2n ** 63n };

/** Keys and values of the records of names. */
export const nameRecords: Target = {
  name: 'name-records',
  maxBytes: 600,
  tokens: [
    utf8('é'),
    utf8('😀'),
    Uint8Array.of(0xed, 0xa0, 0x80),
    Uint8Array.of(0xfe, 3, 0),
    Uint8Array.of(0xfe, 4, 0),
  ],
  seeds: [nameKey(0, 'cpu.host1'), encodeNameValue(ID), tableNameKey(0, ID), encodeTableNameValue('ü')],
  run(input) {
    const name = typed(['SHALE_CORRUPT'], () => decodeNameKey(input, 0));
    if (name !== undefined) require(same(nameKey(0, name), input), 'is the key of another name');
    const table = typed(['SHALE_CORRUPT'], () => decodeNameValue(input));
    if (table !== undefined) require(same(encodeNameValue(table), input), 'is another table');
    const id = typed(['SHALE_CORRUPT'], () => decodeTableNameKey(input, 0));
    if (id !== undefined) require(same(tableNameKey(0, id), input), 'is the key of another table');
    const called = typed(['SHALE_CORRUPT'], () => decodeTableNameValue(input));
    if (called !== undefined) require(same(encodeTableNameValue(called), input), 'is another name');
  },
};

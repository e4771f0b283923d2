import {
  decodeNameCounter,
  decodeNameKey,
  decodeNameValue,
  decodeTableNameKey,
  decodeTableNameValue,
  encodeNameCounter,
  encodeNameValue,
  encodeTableNameValue,
  nameKey,
  tableNameKey,
} from '@shale/codec';
import { require, same, type Target, typed, utf8 } from '../target.js';

/** The first and the last that names can be in. */
const INSTANCES = [0, 126] as const;
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
    Uint8Array.of(0xfe, 3, 126),
  ],
  seeds: [
    nameKey(0, 'cpu.host1'),
    nameKey(126, 'cpu.host1'),
    encodeNameValue(ID),
    tableNameKey(0, ID),
    tableNameKey(126, ID),
    encodeTableNameValue('ü'),
    encodeNameCounter(2n ** 63n + 5n),
  ],
  run(input) {
    for (const instance of INSTANCES) {
      const name = typed(['SHALE_CORRUPT'], () => decodeNameKey(input, instance));
      if (name !== undefined) require(same(nameKey(instance, name), input), 'is the key of another name');
      const id = typed(['SHALE_CORRUPT'], () => decodeTableNameKey(input, instance));
      if (id !== undefined) require(same(tableNameKey(instance, id), input), 'is the key of another table');
    }
    const table = typed(['SHALE_CORRUPT'], () => decodeNameValue(input));
    if (table !== undefined) require(same(encodeNameValue(table), input), 'is another table');
    const next = typed(['SHALE_CORRUPT'], () => decodeNameCounter(input));
    if (next !== undefined) require(same(encodeNameCounter(next), input), 'is another counter');
    const called = typed(['SHALE_CORRUPT'], () => decodeTableNameValue(input));
    if (called !== undefined) require(same(encodeTableNameValue(called), input), 'is another name');
  },
};

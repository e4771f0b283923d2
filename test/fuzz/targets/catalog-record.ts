import { decodeCatalogRecord, encodeCatalogRecord } from '@shale/codec';
import { require, same, type Target, typed, utf8 } from '../target.js';

/** Records of the catalog of names. */
export const catalogRecord: Target = {
  name: 'catalog-record',
  maxBytes: 600,
  tokens: [
    utf8('é'),
    utf8('€'),
    utf8('😀'),
    Uint8Array.of(0xed, 0xa0, 0x80),
    Uint8Array.of(0xff),
    Uint8Array.of(0),
  ],
  seeds: [
    encodeCatalogRecord({ kind: 'name', id: { region: 0n, table: 2n ** 63n }, name: 'cpu.host1' }),
    encodeCatalogRecord({ kind: 'dropped', id: { region: 0n, table: 2n ** 63n + 1n }, name: 'ü' }),
  ],
  run(input) {
    const record = typed(['SHALE_CORRUPT'], () => decodeCatalogRecord(input));
    if (record !== undefined) require(same(encodeCatalogRecord(record), input), 'is another record');
  },
};

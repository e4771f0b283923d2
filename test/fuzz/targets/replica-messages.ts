import {
  decodeReplicaEntries,
  decodeReplicaHeader,
  encodeReplicaEntries,
  encodeReplicaHeader,
} from '@shale/codec';
import { require, same, type Target, typed, utf8 } from '../target.js';

/** Headers and entries of the messages of a replica. */
export const replicaMessages: Target = {
  name: 'replica-messages',
  maxBytes: 300,
  tokens: [utf8(' '), utf8('entries'), utf8('mark'), utf8('18446744073709551615'), utf8('0')],
  seeds: [
    utf8('1 entries 3 17 1001 100 1 1 1'),
    utf8('1 entries 3 17 18446744073709551615 1 1 2 3'),
    utf8('1 mark 3 18 1101 0 1101 1 1'),
    utf8('1 drop 3 19 1 0 1 1 1'),
    utf8('1 owner 4 0 1 0 1 1 1'),
    encodeReplicaEntries([Uint8Array.of(1, 2, 3), new Uint8Array(0)]),
  ],
  run(input) {
    const text = new TextDecoder().decode(input);
    const header = typed(['SHALE_CORRUPT'], () => decodeReplicaHeader(text));
    if (header !== undefined) require(encodeReplicaHeader(header) === text, 'is another header');
    for (const count of [0, 1, 2, 7]) {
      const payloads = typed(['SHALE_CORRUPT'], () => decodeReplicaEntries(input, count));
      if (payloads === undefined) continue;
      require(payloads.length === count, 'has another number of entries');
      require(same(encodeReplicaEntries(payloads), input), 'has other entries');
    }
  },
};

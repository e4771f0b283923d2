import {
  consumerKey,
  decodeConsumer,
  decodeConsumerKey,
  decodePosition,
  decodePositionKey,
  encodeConsumer,
  encodePosition,
  positionKey,
} from '@shale/codec';
import { require, same, type Target, typed, utf8 } from '../target.js';

/** The first and the last that consumers can be in. */
const INSTANCES = [0, 126] as const;
const OF = { region: 1n, table: 2n ** 63n, consumer: 77n };

/** Keys and values of the records of consumers and their positions. */
export const consumerRecords: Target = {
  name: 'consumer-records',
  maxBytes: 600,
  tokens: [
    utf8('é'),
    utf8('😀'),
    Uint8Array.of(0xed, 0xa0, 0x80),
    Uint8Array.of(0xfe, 1, 0),
    Uint8Array.of(0xfe, 1, 126),
    Uint8Array.of(0xfe, 7, 0),
    Uint8Array.of(0xfe, 7, 126),
  ],
  seeds: [
    consumerKey(0, 'billing'),
    consumerKey(126, 'ü'),
    encodeConsumer({ consumer: 77n, epoch: 3n }),
    positionKey(0, OF),
    positionKey(126, OF),
    encodePosition({ position: 5n, epoch: 3n, state: new Uint8Array(0) }),
    encodePosition({ position: 2n ** 64n - 1n, epoch: 0n, state: Uint8Array.of(1, 2, 3) }),
  ],
  run(input) {
    for (const instance of INSTANCES) {
      const name = typed(['SHALE_CORRUPT'], () => decodeConsumerKey(input, instance));
      if (name !== undefined)
        require(same(consumerKey(instance, name), input), 'is the key of another consumer');
      const of = typed(['SHALE_CORRUPT'], () => decodePositionKey(input, instance));
      if (of !== undefined) require(same(positionKey(instance, of), input), 'is the key of another position');
    }
    const consumer = typed(['SHALE_CORRUPT'], () => decodeConsumer(input));
    if (consumer !== undefined) require(same(encodeConsumer(consumer), input), 'is another consumer');
    const position = typed(['SHALE_CORRUPT'], () => decodePosition(input));
    if (position !== undefined) require(same(encodePosition(position), input), 'is another position');
  },
};

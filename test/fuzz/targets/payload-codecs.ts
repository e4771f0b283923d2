import { jsonCodec, msgpackCodec, utf8Codec } from '@shale/codec';
import { require, same, type Target, typed, utf8 } from '../target.js';

const json = jsonCodec<unknown>();
const msgpack = msgpackCodec<unknown>();

/** Payloads, as the codecs that come with Shale decode them. */
export const payloadCodecs: Target = {
  name: 'payload-codecs',
  maxBytes: 1024,
  tokens: [
    utf8('"__proto__"'),
    utf8('{"a":'),
    utf8('[['),
    utf8('\\ud800'),
    Uint8Array.of(0xc7, 0x08, 0x74),
    Uint8Array.of(0xd6, 0xff),
    Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
  ],
  seeds: [
    utf8('{"a":[1,2.5,"x",null,true,{"b":"\\u00e9"}]}'),
    msgpack.encode({ a: [1, 2.5, 'x', null, true, { b: 12n, c: Uint8Array.of(1), d: new Date(0) }] }).slice(),
  ],
  run(input) {
    const text = typed(['SHALE_PAYLOAD'], () => utf8Codec().decode(input));
    if (text !== undefined) require(same(utf8Codec().encode(text), input), 'is another text');
    const value = typed(['SHALE_PAYLOAD'], () => json.decode(input));
    if (value !== undefined) typed(['SHALE_PAYLOAD'], () => json.encode(value));
    typed(['SHALE_PAYLOAD'], () => msgpack.decode(input));
  },
};

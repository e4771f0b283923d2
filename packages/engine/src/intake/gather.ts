import {
  asBytes,
  EntryPacker,
  lengthOfBytes,
  measurePayload,
  mustBe,
  type PayloadCodec,
  show,
} from '@shale/codec';
import { fromCaller, invalid } from '@shale/storage';
import { costOf, mostEntries, tooLarge } from '../frames/cost.js';
import type { CopiedPayloads, MeasuredPayloads, Payloads } from '../frames/pending-append.js';
import { encodeWith, isBytesCodec, measureEncoded } from '../payload.js';

/** A batch after all code of its caller has run that there is: getters, iterations, the codec. */
export type GatheredBatch = unknown[] | CopiedPayloads;

/**
 * Takes the payloads out of an array and through the codec. Runs the caller's code, which may do anything, the array
 * included: it is read once, and each encoded value is copied before the next one is asked for. Takes no more than
 * `limit` bytes, as the flow control counts them.
 *
 * Throws SHALE_INVALID_ARGUMENT, SHALE_PAYLOAD, SHALE_TOO_LARGE.
 */
export function gatherBatch<Input>(
  codec: PayloadCodec<unknown, Input>,
  payloads: readonly Input[],
  limit: number,
): GatheredBatch {
  const items = readArray('payloads', 'an array of payloads', payloads, mostEntries(limit));
  // A table without a codec takes bytes: there is no code to run for them.
  if (isBytesCodec(codec)) return items;
  const packer = new EntryPacker();
  for (const item of items) {
    const bytes = encodeWith(codec, item);
    packer.add(bytes, measureEncoded(codec, bytes));
    const cost = costOf(packer.payloadBytes, packer.count, 0);
    if (cost > limit) throw tooLarge({ bytes: packer.payloadBytes, entries: packer.count }, cost, limit);
  }
  return { are: 'copied', count: packer.count, packed: packer.finish() };
}

/** Measures a batch. Runs no code of the caller; nor may any run until it is copied. Throws SHALE_PAYLOAD. */
export function measureBatch(batch: GatheredBatch): Payloads {
  if ('are' in batch) return batch;
  const lengths: number[] = [];
  for (let i = 0; i < batch.length; i++) {
    let length = lengthOfBytes(batch[i]);
    if (length < 0) {
      batch[i] = asBytes(batch[i]);
      length = measurePayload(batch[i]);
    }
    lengths.push(length);
  }
  // What had a length is a Uint8Array.
  const views = batch as readonly Uint8Array[];
  return { are: 'measured', count: views.length, views, lengths } satisfies MeasuredPayloads;
}

/** Payload bytes of measured or copied payloads. */
export function bytesOf(payloads: Payloads): number {
  if (payloads.are === 'copied') return payloads.packed.payloadBytes;
  let bytes = 0;
  for (const length of payloads.lengths) bytes += length;
  return bytes;
}

/** The items of an array, each read once. Runs the caller's code, if it is a proxy or has getters. */
export function readArray<T>(field: string, what: string, array: readonly T[], most: number): T[] {
  try {
    if (!Array.isArray(array)) throw mustBe(field, what, array);
    const { length } = array;
    if (!(Number.isSafeInteger(length) && length >= 0 && length <= most)) {
      throw invalid(
        field,
        `${field} must be ${what} with at most ${Math.floor(most)} items, got ${show(length)}`,
      );
    }
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(array[i] as T);
    return items;
  } catch (cause) {
    throw fromCaller(field, `${field} must be ${what}, and this one cannot be read`, cause);
  }
}

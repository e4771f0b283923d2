import { payloadHeader } from '../payload.js';
import { nameOf, type Part } from './entries.js';

/** An entry for people. */
export function describeEntry(part: Part, index: number): string {
  return `entry ${index} of ${part.record.count} of ${nameOf(part.submit)}`;
}

/** A payload found on the disk, for people. */
export function describePayload(payload: Uint8Array, part: Part | undefined): string {
  const header = payloadHeader(payload);
  if (part === undefined || header === null) {
    const start = Buffer.from(payload.subarray(0, 16)).toString('hex');
    return `${payload.length} bytes that nobody submitted, beginning with ${start}`;
  }
  return `${describeEntry(part, header.index)} to table ${part.table.key}`;
}

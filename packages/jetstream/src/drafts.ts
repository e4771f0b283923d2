import { encodeReplicaEntries, REPLICA_ENTRY_OVERHEAD, type TableId } from '@shale/codec';
import type { Draft } from './partition-writer.js';

/** Where a table is in its replica. */
export interface TablePlaceIn {
  readonly id: TableId;
  readonly subject: string;
  readonly floor: bigint;
}

/** Bytes of entries that a message has, unless one entry takes more: what a reader has to fetch at least. */
const MESSAGE_BYTES = 256 * 1024;
/** Of what a server takes in one message, for headers. */
const HEADER_ROOM = 1024;

const WHOLE = { part: 1, parts: 1 };

/** The messages for entries, each group all or none: several entries a message, or several messages an entry. */
export function draftEntries(
  { subject, floor }: TablePlaceIn,
  first: bigint,
  payloads: readonly Uint8Array[],
  maxPayload: number,
): Draft[][] {
  const most = maxPayload - HEADER_ROOM;
  const usual = Math.min(MESSAGE_BYTES, most);
  const groups: Draft[][] = [];
  let start = 0;
  let bytes = 0;
  const close = (end: number): void => {
    if (end === start) return;
    const payload = encodeReplicaEntries(payloads.slice(start, end));
    const header = { kind: 'entries', first: first + BigInt(start), count: end - start, floor } as const;
    groups.push(
      payload.length <= most
        ? [{ subject, payload, header: { ...header, ...WHOLE } }]
        : split(payload, most).map((piece, i, all) => ({
            subject,
            payload: piece,
            header: { ...header, part: i + 1, parts: all.length },
          })),
    );
    start = end;
    bytes = 0;
  };
  for (const [i, { length }] of payloads.entries()) {
    const cost = length + REPLICA_ENTRY_OVERHEAD;
    if (bytes + cost > usual) close(i);
    bytes += cost;
  }
  close(payloads.length);
  return groups;
}

function split(payload: Uint8Array, most: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += most) pieces.push(payload.subarray(at, at + most));
  return pieces;
}

/** The message that says that all before `next` that is not there has no entries, or none any more. */
export function draftMark({ subject, floor }: TablePlaceIn, next: bigint): Draft {
  const header = { kind: 'mark', first: next, count: 0, floor, ...WHOLE } as const;
  return { subject, header, payload: new Uint8Array(0) };
}

/** The message that says that a table is as never written. */
export function draftDrop(subject: string): Draft {
  const header = { kind: 'drop', first: 1n, count: 0, floor: 1n, ...WHOLE } as const;
  return { subject, header, payload: new Uint8Array(0) };
}

/** The message with the name of a table. */
export function draftName(subject: string, name: string): Draft {
  const header = { kind: 'name', first: 1n, count: 0, floor: 1n, ...WHOLE } as const;
  return { subject, header, payload: new TextEncoder().encode(name) };
}

import { corrupt, invalidArgument } from '../errors/refuse.js';
import { show } from '../errors/show.js';
import { U64_MAX } from '../layout/u64.js';

/*
 * What the header of a message in a replica says, as text: nine fields with one space between them.
 *
 *   version kind epoch frame first count floor part parts
 *   1 entries 3 17 1001 100 1 1 1
 */

/** The name of the header. */
export const REPLICA_HEADER = 'Shale-Frame';

/** What a message of a replica is. */
export const REPLICA_KINDS = ['owner', 'name', 'entries', 'mark', 'drop'] as const;

/**
 * What a message of a replica is: `owner`, who writes to the partition from here on; `name`, that of the table; `entries`
 * of the table; `mark`, that sequences before the next one have no entries, or none any more; `drop`, that the table is as
 * never written.
 */
export type ReplicaKind = (typeof REPLICA_KINDS)[number];

/** What a message of a replica says besides its payload. Of owners and names all that is of a table is as never written. */
export interface ReplicaHeader {
  readonly kind: ReplicaKind;
  /** How often the partition was taken over: that of the owner who wrote it. */
  readonly epoch: bigint;
  /** Which atomic batch of the owner it belongs to: messages with the same epoch and frame are there together. */
  readonly frame: bigint;
  /** The sequence of the first entry; without entries, the one that the next entry gets. */
  readonly first: bigint;
  /** How many entries it has, whole or in part: from 1 with `entries`, else 0. */
  readonly count: number;
  /** The first sequence of the table that may have an entry: all before it is gone. From 1 to `first`. */
  readonly floor: bigint;
  /** Which part of its one entry it has, from 1. */
  readonly part: number;
  /** Into how many messages its entry was split: 1 for none. */
  readonly parts: number;
}

const VERSION = '1';
const FIELDS = 9;
const NUMBER = /^(?:0|[1-9]\d{0,19})$/;
const U32_MAX = 2 ** 32 - 1;

/** The text of a header. Throws SHALE_INVALID_ARGUMENT for one that {@link decodeReplicaHeader} would not take. */
export function encodeReplicaHeader(header: ReplicaHeader): string {
  const complaint = complaintAbout(header);
  if (complaint !== null) throw invalidArgument(`the header of a replica's message: ${complaint}`);
  const { kind, epoch, frame, first, count, floor, part, parts } = header;
  return `${VERSION} ${kind} ${epoch} ${frame} ${first} ${count} ${floor} ${part} ${parts}`;
}

/** Reads the text of a header. Throws SHALE_CORRUPT (`version`, `header`). */
export function decodeReplicaHeader(text: string): ReplicaHeader {
  const fields = text.length > 256 ? [] : text.split(' ');
  const [version, kind, ...numbers] = fields;
  if (fields.length === FIELDS && version !== VERSION) {
    throw corrupt(`the header of a replica's message has version ${show(version)} instead of ${VERSION}`, {
      field: 'version',
    });
  }
  if (fields.length !== FIELDS || !isKind(kind) || !numbers.every((each) => NUMBER.test(each))) {
    throw refused(text, 'it is not nine fields with one space between them');
  }
  const [epoch = 0n, frame = 0n, first = 0n, count = 0n, floor = 0n, part = 0n, parts = 0n] =
    numbers.map(BigInt);
  const header: ReplicaHeader = {
    kind,
    epoch,
    frame,
    first,
    count: Number(count),
    floor,
    part: Number(part),
    parts: Number(parts),
  };
  const complaint = complaintAbout(header);
  if (complaint !== null) throw refused(text, complaint);
  return header;
}

/** The sequence that the table's next entry gets, behind a message; one more than the largest when there is none. */
export function nextAfter({ first, count }: ReplicaHeader): bigint {
  return first + BigInt(count);
}

function isKind(text: string | undefined): text is ReplicaKind {
  const kinds: readonly (string | undefined)[] = REPLICA_KINDS;
  return kinds.includes(text);
}

function refused(text: string, complaint: string): Error {
  return corrupt(`the header of a replica's message cannot be read: ${complaint}: ${show(text)}`, {
    field: 'header',
  });
}

/** What is wrong with a header; null when nothing is. */
function complaintAbout(header: ReplicaHeader): string | null {
  const { kind, epoch, frame, first, count, floor, part, parts } = header;
  if (!isKind(kind)) return 'there is no such kind';
  for (const [name, value] of Object.entries({ epoch, frame, floor })) {
    if (value < 0n || value > U64_MAX) return `${name} is no unsigned 64-bit integer`;
  }
  // Behind the largest sequence there is none: the next one is then one more.
  if (first < 0n || first > U64_MAX + 1n) return 'first is no sequence';
  for (const [name, value] of Object.entries({ count, part, parts })) {
    if (!Number.isInteger(value) || value < 0 || value > U32_MAX)
      return `${name} is no unsigned 32-bit integer`;
  }
  if (first < 1n || floor < 1n || floor > first) return 'floor must be from 1 to first';
  if ((kind === 'entries') !== count > 0) return 'only entries are counted';
  if (first + BigInt(count) > U64_MAX + 1n) return 'its entries go beyond the largest sequence';
  if (part < 1 || part > parts) return 'part must be from 1 to parts';
  if (parts > 1 && count !== 1) return 'only one entry can be split';
  const isOfNoTable = kind === 'owner' || kind === 'name' || kind === 'drop';
  if (isOfNoTable && (first !== 1n || floor !== 1n)) return `${kind} says nothing of sequences`;
  return null;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { decodeReplicaHeader, encodeReplicaHeader, REPLICA_HEADER, WalError } from '@shale/codec';
import type { Link } from './connect.js';
import { damaged } from './damage.js';
import { isWrongSequence, unavailable } from './failures.js';
import { publish } from './publish.js';
import { ownerSubject, streamOf } from './subjects.js';

/** Who writes to a partition. */
export interface OwnerRecord {
  /** The identity of the log that is shipped. */
  readonly source: string;
  /** The writer's own, another one for each. */
  readonly token: string;
  /** How often the partition was taken over. */
  readonly epoch: bigint;
  /** The record's sequence in the stream. */
  readonly sequence: number;
}

/** What a writer is known by. */
export type Writer = Pick<OwnerRecord, 'source' | 'token'>;

const TIMEOUT_MS = 5000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;
/** So often in a row the leader may know less than was acknowledged: one whose place another has taken says such things. */
const MOST_BEHIND = 8;

/** The owner of a partition, as its leader knows it; null when it has none. Rejects with SHALE_UNAVAILABLE, SHALE_CORRUPT. */
export async function readOwner(link: Link, partition: number): Promise<OwnerRecord | null> {
  const { name, url } = link.place;
  const message = await link.manager.streams
    .getMessage(streamOf(name, partition), { last_by_subj: ownerSubject(name, partition) })
    .catch((error: unknown) => {
      throw unavailable(url, `the owner of partition ${partition} cannot be read`, error);
    });
  if (message === null) return null;
  const { epoch } = decodeReplicaHeader(message.header.get(REPLICA_HEADER));
  const { source, token } = readPayload(url, message.data);
  return { source, token, epoch, sequence: message.seq };
}

function readPayload(url: string, data: Uint8Array): Writer {
  try {
    const { source, token }: { source?: unknown; token?: unknown } = JSON.parse(
      new TextDecoder().decode(data),
    );
    if (typeof source === 'string' && typeof token === 'string') return { source, token };
  } catch {
    // It is told below.
  }
  throw new WalError('SHALE_CORRUPT', `${url}: the record of an owner cannot be read`, {
    details: { field: 'owner', url },
  });
}

/**
 * Makes a writer the owner of a partition, by a record that takes the place of the one before. It is a barrier, too: when this
 * resolves, what any owner sent before and is not below the record never comes. With `before` of the same writer it settles
 * what of its frames is in: all that lies below the record, and nothing else.
 *
 * Tries until it is through, however long the cluster does not answer. Rejects with SHALE_FENCED when another writer has
 * taken over meanwhile, and with what ends the signal.
 *
 * @param before the record that must be the last one; null for none
 * @param trouble is told what keeps it from being through
 */
export async function becomeOwner(
  link: Link,
  partition: number,
  writer: Writer,
  before: OwnerRecord | null,
  signal: AbortSignal,
  trouble: (error: Error) => void,
): Promise<OwnerRecord> {
  const { name, url } = link.place;
  const isSame = before?.token === writer.token;
  const epoch = isSame ? before.epoch : (before?.epoch ?? 0n) + 1n;
  const subject = ownerSubject(name, partition);
  const header = encodeReplicaHeader({
    kind: 'owner',
    epoch,
    frame: 0n,
    first: 1n,
    count: 0,
    floor: 1n,
    part: 1,
    parts: 1,
  });
  let behind = 0;
  for (let attempt = 1, wait = FIRST_WAIT_MS; ; attempt++, wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    const payload = new TextEncoder().encode(JSON.stringify({ ...writer, attempt }));
    const lastOfSubject = { subject, sequence: before?.sequence ?? 0 };
    try {
      const message = { subject, header, payload };
      const answer = await publish(link.connection, [message], { lastOfSubject }, '', TIMEOUT_MS);
      if (answer.is === 'in') return { ...writer, epoch, sequence: answer.sequence };
      if (!isWrongSequence(answer.code))
        throw unavailable(url, 'an owner is refused', new Error(answer.description));
      const now = await readOwner(link, partition);
      const isAhead = (now?.sequence ?? 0) > (before?.sequence ?? 0);
      if (now !== null && isAhead && now.token !== writer.token) throw fenced(url, partition);
      // An attempt of before whose answer did not come is in. All others say that the one before it is the last.
      if (now !== null && isAhead) return now;
      behind = (now?.sequence ?? 0) < (before?.sequence ?? 0) ? behind + 1 : 0;
      if (behind === MOST_BEHIND) throw lost(url, partition);
    } catch (error) {
      if (error instanceof WalError && (error.code === 'SHALE_FENCED' || error.code === 'SHALE_CORRUPT'))
        throw error;
      trouble(
        error instanceof WalError
          ? error
          : unavailable(url, `partition ${partition} has no owner yet`, error),
      );
    }
    await sleep(wait, undefined, { signal });
  }
}

function lost(url: string, partition: number): WalError {
  return damaged(
    url,
    `partition ${partition} has lost acknowledged messages: a server was started with older files, or the stream was made anew`,
    { partition },
  );
}

/** The error for a writer whose place another one has taken. */
export function fenced(url: string, partition: number): WalError {
  return new WalError(
    'SHALE_FENCED',
    `${url}: another writer has taken partition ${partition} over: nothing more is written by this one`,
    { details: { url, partition } },
  );
}

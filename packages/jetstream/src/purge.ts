import { decodeReplicaHeader, REPLICA_HEADER } from '@shale/codec';
import type { Link } from './connect.js';
import { unavailable } from './failures.js';

/**
 * Removes the messages of a subject that lie before one of the stream. What is removed was said to be gone by a message
 * before: a purge that does not come through leaves nothing wrong behind but its space. Rejects with SHALE_UNAVAILABLE.
 */
export async function purgeBefore(
  link: Link,
  stream: string,
  subject: string,
  sequence: number,
): Promise<void> {
  // Servers before 2.15 take 1 for nothing said, and remove the whole subject.
  if (sequence <= 1) return;
  try {
    await link.manager.streams.purge(stream, { filter: subject, seq: sequence });
  } catch (error) {
    throw unavailable(link.place.url, `${stream} cannot be purged`, error);
  }
}

/**
 * Finds the last message of a table all of whose messages before have nothing but entries before a floor; 0 for none.
 * A server that lags behind leaves a few more. Rejects with SHALE_UNAVAILABLE, SHALE_CORRUPT.
 *
 * @param before a message that lies behind it
 */
export async function findFloor(
  link: Link,
  stream: string,
  subject: string,
  floor: bigint,
  before: number,
): Promise<number> {
  let found = 0;
  // Of what lies in `from` and behind it nothing is known yet, up to `end`.
  for (let from = 1, end = before; from < end; ) {
    const middle = found === 0 ? from : Math.floor((from + end) / 2);
    const message = await messageFrom(link, stream, subject, middle);
    if (message === null || message.seq >= end || message.first > floor) {
      if (found === 0) return 0;
      end = middle;
      continue;
    }
    // An entry is removed with all its parts, or none.
    found = message.seq - (message.part - 1);
    from = message.seq + 1;
  }
  return found;
}

interface Found {
  readonly seq: number;
  readonly first: bigint;
  readonly part: number;
}

async function messageFrom(link: Link, stream: string, subject: string, seq: number): Promise<Found | null> {
  const message = await link.manager.direct
    .getMessage(stream, { seq, next_by_subj: subject })
    .catch((error: unknown) => {
      throw unavailable(link.place.url, `${stream} cannot be read`, error);
    });
  if (message === null) return null;
  const { first, part } = decodeReplicaHeader(message.header.get(REPLICA_HEADER));
  return { seq: message.seq, first, part };
}

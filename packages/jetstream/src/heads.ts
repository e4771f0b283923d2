import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, type JsMsg, jetstream } from '@nats-io/jetstream';
import {
  decodeReplicaHeader,
  nextAfter,
  REPLICA_HEADER,
  type ReplicaKind,
  type TableId,
  tableKey,
} from '@shale/codec';
import type { Link } from './connect.js';
import { damaged } from './damage.js';
import { unavailable } from './failures.js';
import { infoOf } from './streams.js';
import { partsOf, streamOf, subjectsOf } from './subjects.js';

/** What the last message of a table says. */
export interface Head {
  readonly id: TableId;
  /** The sequence that its next entry gets. */
  readonly next: bigint;
  /** The first sequence that may have an entry. */
  readonly floor: bigint;
  /** What the message is. */
  readonly kind: ReplicaKind;
  /** Where it is in the stream. */
  readonly at: number;
}

/** What is known of a partition at one moment. */
export interface Heads {
  /** By {@link tableKey}. */
  readonly tables: ReadonlyMap<string, Head>;
  /** The keys of tables whose name is there. */
  readonly named: ReadonlySet<string>;
  /** The last message of the stream. */
  readonly last: number;
}

const PAGE = 1000;
const WAIT_MS = 5000;
const IDLE_NS = 30_000_000_000;
const TRIES = 20;
const RETRY_MS = 50;

/**
 * Reads what the last message of each table says, headers only. A server that lags behind answers with less than there is,
 * so it is asked again until the last message is among them. Rejects with SHALE_UNAVAILABLE, SHALE_CORRUPT.
 *
 * @param atLeast a message that must be among them: that of the own owner; 0 for the last one that the leader knows
 */
export async function readHeads(link: Link, partition: number, atLeast: number): Promise<Heads> {
  const { url } = link.place;
  let cause: unknown = new Error('it lags behind');
  for (let i = 0; i < TRIES; i++) {
    try {
      const info = await infoOf(link, partition);
      const needed = Math.max(atLeast, info?.state.last_seq ?? 0);
      if (needed === 0) return { tables: new Map(), named: new Set(), last: 0 };
      const heads = await readOnce(link, partition);
      if (heads.last >= needed) return heads;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'SHALE_CORRUPT') throw error;
      cause = error;
    }
    await sleep(RETRY_MS * (i + 1));
  }
  throw unavailable(url, `the tables of partition ${partition} cannot be listed`, cause);
}

async function readOnce(link: Link, partition: number): Promise<Heads> {
  const stream = streamOf(link.place.name, partition);
  const made = await link.manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.LastPerSubject,
    filter_subject: subjectsOf(link.place.name, partition),
    headers_only: true,
    inactive_threshold: IDLE_NS,
    mem_storage: true,
    num_replicas: 1,
  });
  try {
    const consumer = await jetstream(link.connection).consumers.get(stream, made.name);
    const tables = new Map<string, Head>();
    const named = new Set<string>();
    let last = 0;
    for (let pending = made.num_pending; pending > 0; ) {
      const page = await consumer.fetch({ max_messages: PAGE, expires: WAIT_MS });
      let any = false;
      for await (const message of page) {
        any = true;
        last = Math.max(last, message.seq);
        pending = message.info.pending;
        take(link, message, tables, named);
        if (pending === 0) break;
      }
      if (!any) throw new Error('it does not say all that it has');
    }
    return { tables, named, last };
  } finally {
    // What is left of it ends by itself.
    await link.manager.consumers.delete(stream, made.name).catch(() => undefined);
  }
}

function take(link: Link, message: JsMsg, tables: Map<string, Head>, named: Set<string>): void {
  const parts = partsOf(message.subject);
  if (parts === null) throw strange(link, message, 'is of no subject that a replica has');
  const text = message.headers?.get(REPLICA_HEADER) ?? '';
  const header = decodeReplicaHeader(text);
  if (parts.of === 'owner') return;
  if (parts.of === 'name') {
    named.add(tableKey(parts.id));
    return;
  }
  // A server takes a frame over one message after the other: the rest is about to come.
  if (header.part !== header.parts)
    throw new Error(`the message ${message.seq} is not the last of its frame`);
  const { kind, floor } = header;
  tables.set(tableKey(parts.id), { id: parts.id, next: nextAfter(header), floor, kind, at: message.seq });
}

function strange({ place }: Link, { subject, seq }: JsMsg, what: string): Error {
  return damaged(place.url, `the message ${seq} (${subject}) ${what}`, { field: 'message', sequence: seq });
}

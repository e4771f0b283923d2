import { type NatsConnection, headers as newHeaders } from '@nats-io/transport-node';
import { REPLICA_HEADER } from '@shale/codec';

/** A message on its way to a stream. */
export interface Outgoing {
  readonly subject: string;
  /** The text of its header. */
  readonly header: string;
  readonly payload: Uint8Array;
}

/** What must be so for messages to be taken. */
export interface Expectation {
  /** The sequence of the stream's last message. */
  readonly lastSequence?: number;
  /** The sequence of the last message of a subject; 0 for none. */
  readonly lastOfSubject?: { readonly subject: string; readonly sequence: number };
}

/** What the server says: the stream sequence of the last message, or its error. */
export type Answer =
  | { readonly is: 'in'; readonly sequence: number }
  | { readonly is: 'refused'; readonly code: number; readonly description: string };

/** Messages that are one atomic batch at most. */
export const MOST_OF_BATCH = 1000;

/**
 * Publishes messages that are there together or not at all, in one round trip. Rejects when no answer comes: then they may
 * or may not be there, or come later.
 *
 * @param batch an id that no other batch has
 */
export async function publish(
  connection: NatsConnection,
  messages: readonly Outgoing[],
  expectation: Expectation,
  batch: string,
  timeout: number,
): Promise<Answer> {
  const last = messages.length - 1;
  for (const [i, { subject, header, payload }] of messages.entries()) {
    const headers = newHeaders();
    headers.set(REPLICA_HEADER, header);
    if (i === 0) expect(headers, expectation);
    if (last > 0) {
      headers.set('Nats-Batch-Id', batch);
      headers.set('Nats-Batch-Sequence', `${i + 1}`);
      if (i === last) headers.set('Nats-Batch-Commit', '1');
    }
    if (i < last) {
      connection.publish(subject, payload, { headers });
      continue;
    }
    const { data } = await connection.request(subject, payload, { headers, timeout });
    return readAnswer(data);
  }
  throw new Error('there is nothing to publish');
}

function expect(headers: ReturnType<typeof newHeaders>, { lastSequence, lastOfSubject }: Expectation): void {
  if (lastSequence !== undefined) headers.set('Nats-Expected-Last-Sequence', `${lastSequence}`);
  if (lastOfSubject !== undefined) {
    headers.set('Nats-Expected-Last-Subject-Sequence', `${lastOfSubject.sequence}`);
    headers.set('Nats-Expected-Last-Subject-Sequence-Subject', lastOfSubject.subject);
  }
}

function readAnswer(data: Uint8Array): Answer {
  const answer: { seq?: number; error?: { err_code?: number; description?: string } } = JSON.parse(
    new TextDecoder().decode(data),
  );
  if (answer.error !== undefined) {
    const { err_code: code = 0, description = 'no reason is given' } = answer.error;
    return { is: 'refused', code, description };
  }
  if (typeof answer.seq !== 'number') throw new Error('the server acknowledges without a sequence');
  return { is: 'in', sequence: answer.seq };
}

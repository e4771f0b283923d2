import { type NatsConnection, natsHeaders } from './nats-server.js';

/** Messages that a server takes as one. */
export const MOST_OF_BATCH = 1000;

const TIMEOUT_MS = 60_000;

/** Publishes entries that are in together or not at all, in one round trip. */
export async function publish(
  connection: NatsConnection,
  subject: string,
  payloads: readonly Uint8Array[],
  batch: string,
): Promise<void> {
  const last = payloads.length - 1;
  for (const [i, payload] of payloads.entries()) {
    const headers = natsHeaders();
    if (last > 0) {
      headers.set('Nats-Batch-Id', batch);
      headers.set('Nats-Batch-Sequence', `${i + 1}`);
      if (i === last) headers.set('Nats-Batch-Commit', '1');
    }
    if (i < last) {
      connection.publish(subject, payload, { headers });
      continue;
    }
    const { data } = await connection.request(subject, payload, { headers, timeout: TIMEOUT_MS });
    const { error }: { error?: { description: string } } = JSON.parse(Buffer.from(data).toString());
    if (error !== undefined) throw new Error(error.description);
  }
}

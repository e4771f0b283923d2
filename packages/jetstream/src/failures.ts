import { JetStreamApiError } from '@nats-io/jetstream';
import { WalError } from '@shale/codec';

/** The server's numbers for what did not go as expected. */
const WRONG_LAST_SEQUENCE: readonly number[] = [10071, 10164];
const STREAM_NOT_FOUND = 10059;

/** Whether the server refused a message because the stream, or the subject, has come further than it said. */
export function isWrongSequence(code: number | undefined): boolean {
  return code !== undefined && WRONG_LAST_SEQUENCE.includes(code);
}

/** Whether there is no such stream. */
export function isNoStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;
}

/** The error for a cluster that does not do what is asked of it now. */
export function unavailable(url: string, what: string, cause: unknown): WalError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  // The client takes a missing answer for JetStream that is not there: it is a cluster without a leader, mostly.
  const told = /jetstream is not enabled|no responders/i.test(reason)
    ? 'nobody answers: it has no leader now, or JetStream is not enabled'
    : reason;
  return new WalError('SHALE_UNAVAILABLE', `${url}: ${what}: ${told}`, { cause, details: { url } });
}

/** The error for a cluster that is not set up as a replica needs it. */
export function unsupported(url: string, message: string): WalError {
  return new WalError('SHALE_UNSUPPORTED', `${url}: ${message}`, { details: { url } });
}

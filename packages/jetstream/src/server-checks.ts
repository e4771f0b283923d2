import { mustBe, WalError } from '@shale/codec';
import type { Link } from './connect.js';
import { unsupported } from './failures.js';

/**
 * Where the servers tell of themselves, such as `http://host-1:8222`, one for each server that has a part of the replica:
 * that they sync what they acknowledge cannot be seen otherwise. `'unchecked'`: somebody else has made sure of that.
 */
export type Monitors = readonly string[] | 'unchecked';

/** The oldest server that syncs what it acknowledges and takes atomic batches. */
const OLDEST: readonly [number, number, number] = [2, 15, 1];
const ASK_MS = 5000;

/** Reads the option. Throws SHALE_INVALID_ARGUMENT. */
export function readMonitors(value: unknown): Monitors {
  if (value === 'unchecked') return value;
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each): each is string => typeof each === 'string' && /^https?:\/\/\S+$/.test(each));
  if (!isList) {
    throw mustBe(
      'monitor',
      "the monitoring addresses of all servers, such as ['http://host-1:8222'] (monitor_port in their configuration), or 'unchecked'",
      value,
    );
  }
  return value.map((each) => each.replace(/\/+$/, ''));
}

/** Whether a version is new enough. */
export function isNewEnough(version: string): boolean {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const i = OLDEST.findIndex((part, at) => part !== parts[at]);
  return i === -1 || (parts[i] ?? -1) > (OLDEST[i] ?? 0);
}

/**
 * Checks the servers: their version, and, where they can be asked, that they sync what they acknowledge. Returns the names
 * of those that were asked; null when none was. Rejects with SHALE_UNSUPPORTED, and SHALE_UNAVAILABLE when one does not
 * answer.
 */
export async function checkServers(
  { place, connection }: Link,
  monitors: Monitors,
): Promise<Set<string> | null> {
  requireVersion(place.url, connection.info?.server_name ?? 'the server', connection.info?.version ?? '');
  if (monitors === 'unchecked') return null;
  const names = await Promise.all(monitors.map((monitor) => checkOne(place.url, monitor)));
  return new Set(names);
}

/** Throws SHALE_UNSUPPORTED unless every server that has a part of a stream was asked. */
export function requireAsked(
  url: string,
  stream: string,
  peers: readonly string[],
  asked: ReadonlySet<string>,
): void {
  const missing = peers.find((peer) => !asked.has(peer));
  if (missing === undefined) return;
  throw unsupported(
    url,
    `the server ${missing} has a part of ${stream}, and none of the monitoring addresses is its: add it to the option monitor`,
  );
}

async function checkOne(url: string, monitor: string): Promise<string> {
  const about = await ask(url, `${monitor}/varz`);
  const { server_name: name, version, jetstream } = about;
  const who = typeof name === 'string' ? name : monitor;
  requireVersion(url, who, typeof version === 'string' ? version : '');
  const config = fieldOf(jetstream, 'config');
  if (config === undefined)
    throw unsupported(url, `${who} has no JetStream: put jetstream {} into its configuration`);
  if (fieldOf(config, 'sync_always') !== true) {
    throw unsupported(
      url,
      `${who} acknowledges what it has not synced, which a power cut takes: put sync_interval: always into jetstream {} of its configuration, and start it again`,
    );
  }
  return who;
}

async function ask(url: string, address: string): Promise<Record<string, unknown>> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(ASK_MS) });
    const value: unknown = await answer.json();
    if (typeof value === 'object' && value !== null) return { ...value };
    throw new Error('it answers with something else');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WalError(
      'SHALE_UNAVAILABLE',
      `${url}: ${address} does not tell about its server: ${reason}: set monitor_port in its configuration, or correct the option monitor`,
      { cause, details: { url, monitor: address } },
    );
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function requireVersion(url: string, who: string, version: string): void {
  if (isNewEnough(version)) return;
  throw unsupported(url, `${who} is nats-server ${version}, and must be ${OLDEST.join('.')} or newer`);
}

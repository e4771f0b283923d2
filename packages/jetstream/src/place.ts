import { mustBe, show, WalError } from '@shale/codec';

/** Where a replica is. */
export interface ReplicaPlace {
  /** The servers to begin with, as the client takes them. */
  readonly servers: readonly string[];
  /** What its streams and subjects begin with. */
  readonly name: string;
  /** The whole, as it was given. */
  readonly url: string;
}

const WHAT =
  'a URL such as nats://host-1,host-2:4222,host-3/name, with a name of up to 64 of A-Z a-z 0-9 - _';
const URL_OF_REPLICA = /^(nats|tls):\/\/([^/?#]+)\/([\w-]{1,64})$/;

/** Reads the URL of a replica. Throws SHALE_INVALID_ARGUMENT. */
export function readPlace(url: unknown): ReplicaPlace {
  const text = url instanceof URL ? url.href : url;
  const [, scheme = '', hosts = '', name = ''] =
    (typeof text === 'string' ? URL_OF_REPLICA.exec(text) : null) ?? [];
  if (typeof text !== 'string' || name === '') throw mustBe('url', WHAT, url);
  if (hosts.includes('@')) {
    throw new WalError(
      'SHALE_INVALID_ARGUMENT',
      'url must be without credentials, which messages would tell: give them as the option connection',
      { details: { field: 'url' } },
    );
  }
  const servers = hosts.split(',');
  if (servers.some((server) => !/^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/.test(server)))
    throw mustBe('url', WHAT, show(text));
  return { servers: servers.map((server) => `${scheme}://${server}`), name, url: text };
}

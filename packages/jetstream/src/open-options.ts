import { mustBe, show, WalError } from '@shale/codec';
import type { ConnectionSettings } from './connect.js';
import { type Monitors, readMonitors } from './server-checks.js';
import { readStreamSettings, type StreamSettings } from './streams.js';

/** How a replica is opened, to write to it or to read it. */
export interface ReplicaOptions {
  /**
   * The monitoring addresses of all servers that have a part of the replica, such as `['http://host-1:8222']`: each is asked
   * whether it syncs what it acknowledges. `'unchecked'` when somebody else has made sure of that.
   */
  readonly monitor: Monitors;
  /** How to connect: credentials, NKEYs and TLS among them, as `@nats-io/transport-node` takes it. */
  readonly connection?: ConnectionSettings | undefined;
}

/** How a replica is opened to write to it. */
export interface WriterOptions extends ReplicaOptions {
  /**
   * Into how many streams the replica is divided when it is made; then that is fixed. The tables of a region are in one.
   *
   * @range 1 to 256
   * @defaultValue as many as there are; 8 when it is made
   */
  readonly partitions?: number | undefined;
  /**
   * On how many servers each stream is. With 3 one of them may be lost at a time, with 1 none.
   *
   * @range 1 to 5
   * @defaultValue 3
   */
  readonly replicas?: number | undefined;
  /**
   * Whether a replica that another log was shipped to is gone on with, as after that log was lost and restored. It must be a
   * copy of it: sequences that the replica has mean the same entries.
   *
   * @defaultValue false
   */
  readonly takeover?: boolean | undefined;
}

/** Options, checked. */
export interface CheckedOptions {
  readonly monitor: Monitors;
  readonly connection: ConnectionSettings;
  readonly streams: StreamSettings;
  readonly takeover: boolean;
}

const OF_READER = ['monitor', 'connection'];
const OF_WRITER = [...OF_READER, 'partitions', 'replicas', 'takeover'];

/** Reads the options of a writer. Throws SHALE_INVALID_ARGUMENT. */
export function readWriterOptions(options: unknown): CheckedOptions {
  return read(options, OF_WRITER);
}

/** Reads the options of a reader. Throws SHALE_INVALID_ARGUMENT. */
export function readReaderOptions(options: unknown): CheckedOptions {
  return read(options, OF_READER);
}

function read(options: unknown, names: readonly string[]): CheckedOptions {
  if (typeof options !== 'object' || options === null)
    throw mustBe('options', 'an object with monitor', options);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new WalError(
      'SHALE_INVALID_ARGUMENT',
      `there is no option ${show(unknown)} here; there are ${names.join(', ')}`,
      { details: { field: unknown } },
    );
  }
  const {
    monitor,
    connection = {},
    partitions,
    replicas,
    takeover = false,
  }: Partial<Record<string, unknown>> = {
    ...options,
  };
  if (typeof connection !== 'object' || connection === null)
    throw mustBe('connection', 'an object', connection);
  if (typeof takeover !== 'boolean') throw mustBe('takeover', 'true or false', takeover);
  return {
    monitor: readMonitors(monitor),
    // The client checks what is in it.
    connection: connection as ConnectionSettings,
    streams: readStreamSettings(partitions, replicas),
    takeover,
  };
}

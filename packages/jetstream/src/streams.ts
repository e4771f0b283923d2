import type { StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { mustBe, WalError } from '@shale/codec';
import type { Link } from './connect.js';
import { isNoStream, unavailable, unsupported } from './failures.js';
import { requireAsked } from './server-checks.js';
import { streamOf, subjectsOf } from './subjects.js';

/** How the streams of a replica are made. */
export interface StreamSettings {
  /** Into how many it is divided, which is fixed for good; null for as many as there are, or 8 when it is made. */
  readonly partitions: number | null;
  /** On how many servers each is. */
  readonly replicas: number;
}

const FORMAT = '1';
const FORMAT_KEY = 'shale-format';
const PARTITIONS_KEY = 'shale-partitions';
const MOST_PARTITIONS = 256;
const USUAL_PARTITIONS = 8;

/** Reads the options. Throws SHALE_INVALID_ARGUMENT. */
export function readStreamSettings(partitions?: unknown, replicas: unknown = 3): StreamSettings {
  const isCount = (value: unknown, most: number): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
  if (partitions !== undefined && !isCount(partitions, MOST_PARTITIONS)) {
    throw mustBe('partitions', `an integer from 1 to ${MOST_PARTITIONS}`, partitions);
  }
  if (!isCount(replicas, 5)) throw mustBe('replicas', 'an integer from 1 to 5', replicas);
  return { partitions: partitions ?? null, replicas };
}

/**
 * How many partitions a replica has; null when there is none of the name. Rejects with SHALE_UNSUPPORTED for a stream of the
 * name that is none of a replica, and SHALE_UNAVAILABLE.
 */
export async function findPartitions(link: Link): Promise<number | null> {
  const info = await infoOf(link, 0);
  return info === null ? null : partitionsIn(link, info);
}

/**
 * Makes the streams that are not there yet, and checks all of them. Resolves with their number. Rejects with SHALE_UNSUPPORTED where one is not as it
 * must be, SHALE_INVALID_ARGUMENT for another number of partitions than the replica has, and SHALE_UNAVAILABLE.
 *
 * @param asked the names of the servers that were checked; null when they are not to be
 */
export async function ensureStreams(
  link: Link,
  settings: StreamSettings,
  asked: ReadonlySet<string> | null,
): Promise<number> {
  const partitions = settings.partitions ?? (await findPartitions(link)) ?? USUAL_PARTITIONS;
  for (let partition = 0; partition < partitions; partition++) {
    const info =
      (await infoOf(link, partition)) ?? (await makeStream(link, partition, partitions, settings.replicas));
    const there = partitionsIn(link, info);
    if (there !== partitions) {
      throw new WalError(
        'SHALE_INVALID_ARGUMENT',
        `${link.place.url} has ${there} partitions, which are fixed for good, and partitions is ${partitions}: leave the option out`,
        { details: { field: 'partitions', actual: there } },
      );
    }
    checkStream(link, info, settings.replicas, asked);
  }
  return partitions;
}

/** What the stream of a partition is; null when it is not there. Rejects with SHALE_UNAVAILABLE. */
export async function infoOf(link: Link, partition: number): Promise<StreamInfo | null> {
  const stream = streamOf(link.place.name, partition);
  try {
    return await link.manager.streams.info(stream);
  } catch (error) {
    if (isNoStream(error)) return null;
    throw unavailable(link.place.url, `the stream ${stream} cannot be asked for`, error);
  }
}

async function makeStream(
  link: Link,
  partition: number,
  partitions: number,
  replicas: number,
): Promise<StreamInfo> {
  const { name, url } = link.place;
  const stream = streamOf(name, partition);
  try {
    return await link.manager.streams.add({
      name: stream,
      description: 'a part of a log of Shale',
      subjects: [subjectsOf(name, partition)],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      num_replicas: replicas,
      allow_atomic: true,
      allow_direct: true,
      deny_delete: true,
      metadata: { [FORMAT_KEY]: FORMAT, [PARTITIONS_KEY]: `${partitions}` },
    });
  } catch (error) {
    throw unavailable(url, `the stream ${stream} cannot be made`, error);
  }
}

function partitionsIn({ place }: Link, { config }: StreamInfo): number {
  const { [FORMAT_KEY]: format, [PARTITIONS_KEY]: partitions = '' } = config.metadata ?? {};
  if (format !== FORMAT || !/^[1-9]\d{0,2}$/.test(partitions)) {
    throw unsupported(
      place.url,
      `the stream ${config.name} is of no replica that this version reads (${FORMAT_KEY} is ${format ?? 'not there'}): name another one`,
    );
  }
  return Number(partitions);
}

function checkStream(
  { place }: Link,
  { config, cluster }: StreamInfo,
  replicas: number,
  asked: ReadonlySet<string> | null,
): void {
  const wrong = complaintAbout(config, replicas);
  if (wrong !== null) throw unsupported(place.url, `the stream ${config.name} ${wrong}`);
  if (asked === null) return;
  const peers = [cluster?.leader, ...(cluster?.replicas ?? []).map(({ name }) => name)];
  const named = peers.filter((peer): peer is string => peer !== undefined && peer !== '');
  requireAsked(place.url, config.name, named, asked);
}

/** What must be changed in a stream's configuration, as by `nats stream edit`; null when nothing must. */
function complaintAbout(config: StreamConfig, replicas: number): string | null {
  if (config.num_replicas !== replicas) {
    return `is on ${config.num_replicas} servers, and replicas is ${replicas}: change one of them`;
  }
  if (config.discard !== 'new') return 'gives up its oldest messages when it is full: set discard to new';
  if (config.storage !== 'file') return 'is in memory: it must be in files';
  if (config.retention !== 'limits') return `has the retention ${config.retention}, and must have limits`;
  if (config.max_age > 0) return 'gives up messages by their age: set max_age to 0';
  if (config.max_msgs > 0 || config.max_msgs_per_subject > 0) {
    return 'has a limit of messages: set max_msgs and max_msgs_per_subject to -1';
  }
  if (config.max_bytes > 0) return 'has a limit of bytes: set max_bytes to -1';
  if (config.allow_atomic !== true) return 'takes no atomic batches: set allow_atomic';
  if (config.allow_direct !== true) return 'is not read directly: set allow_direct';
  return null;
}

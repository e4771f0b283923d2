import type { DirectorySurvey } from '@shale/rocksdb';
import type { LostRecords } from './damage.js';
import { largest } from './largest.js';
import type { GatheredLog } from './logs.js';

/** More writes than can have been in a file whose size is not known. */
export const UNKNOWN_MOST: bigint = 1n << 32n;
/** Bytes that a write takes at least in a log file. */
const LEAST_BYTES = 30n;

interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Which writes are in no log file any more, told by RocksDB's sequences: each write has one, and the watermark says how
 * many there were. Where it does not, every damage may have cost some.
 *
 * @param logs those that are needed, oldest first
 * @param hadWatermark whether there must be one
 */
export function missingWrites(
  survey: DirectorySurvey,
  logs: readonly GatheredLog[],
  hadWatermark: boolean,
): LostRecords[] {
  const { watermark } = survey;
  const lost: LostRecords[] = [];
  for (const { name, saved, failure } of logs) {
    if (saved !== null) continue;
    const most = watermark.state === 'valid' ? 0n : UNKNOWN_MOST;
    lost.push({ file: { name }, most, message: failure ?? 'it cannot be read' });
  }
  if (watermark.state !== 'valid' && (watermark.state === 'damaged' || hadWatermark)) {
    lost.push({
      file: { name: 'WATERMARK' },
      most: UNKNOWN_MOST,
      message: `it is ${watermark.state}, so it is unknown how far the log reached: entries after the last ones may be missing`,
    });
  }
  // RocksDB reads what is compressed; how much of it there must be is compared afterwards.
  if (logs.some(({ saved }) => saved?.compressed === true)) return lost;
  for (const { first, last } of gapsIn(survey, logs)) {
    const count = last - first + 1n;
    const { name, why } = blame(logs, first);
    lost.push({
      file: { name },
      most: count,
      message: `${count} writes are in no log file that can be read (RocksDB's sequences ${first} to ${last}): ${why}`,
    });
  }
  return [...lost, ...unpromised(survey, logs)];
}

/** The largest sequence that anything says of the old database. */
export function furthestSequence(
  { watermark, manifest }: DirectorySurvey,
  logs: readonly GatheredLog[],
): bigint {
  const ends = logs.flatMap(({ saved }) => saved?.runs ?? []).map(({ last }) => last);
  return largest(watermark.furthest, manifest?.lastSequence ?? 0n, ...ends);
}

/** The sequence up to which all writes are in table files; null when that is not known. */
export function flushedUpTo(
  { watermark, manifest }: DirectorySurvey,
  first: bigint | undefined,
): bigint | null {
  if (manifest === null) return null;
  const { number, lastSequence, flushed, whole } = manifest;
  const isKnown =
    watermark.state === 'valid' && watermark.manifest === number && lastSequence >= watermark.opened;
  if (isKnown) return largest(watermark.opened, flushed);
  if (!whole) return null;
  return first !== undefined && first <= lastSequence ? first - 1n : lastSequence;
}

/** The sequences that no log file has, from where table files end to where the log must reach. */
function gapsIn(survey: DirectorySurvey, logs: readonly GatheredLog[]): Span[] {
  const runs = logs
    .flatMap(({ saved }) => saved?.runs ?? [])
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const { promised } = survey.watermark;
  const flushed = flushedUpTo(survey, runs[0]?.first);
  let next = flushed === null ? (runs[0]?.first ?? promised + 1n) : flushed + 1n;
  const gaps: Span[] = [];
  for (const { first, last } of runs) {
    if (first > next) gaps.push({ first: next, last: first - 1n });
    if (last >= next) next = last + 1n;
  }
  if (promised >= next) gaps.push({ first: next, last: promised });
  return gaps;
}

/** The file that a gap is in, and what is wrong with it. */
function blame(logs: readonly GatheredLog[], first: bigint): { name: string; why: string } {
  const before = logs.filter(({ saved }) => saved?.runs.some((run) => run.last < first)).at(-1);
  const suspects = [...(before === undefined ? [] : [before]), ...logs];
  const damaged = suspects.find(({ saved }) => saved === null || saved.damages.length > 0);
  const damage = damaged?.saved?.damages[0];
  if (damaged !== undefined) {
    const why =
      damage === undefined
        ? (damaged.failure ?? 'it cannot be read')
        : `it is damaged at offset ${damage.offset} (${damage.kind}, ${damage.bytes} bytes)`;
    return { name: damaged.name, why };
  }
  const name = before?.name ?? logs[0]?.name;
  return name === undefined
    ? { name: 'WATERMARK', why: 'it says that they were acknowledged, and there is no log file' }
    : { name, why: 'a log file is missing, or was cut off between two records' };
}

/** Damage that no promise tells the size of. */
function unpromised({ watermark }: DirectorySurvey, logs: readonly GatheredLog[]): LostRecords[] {
  // Under the same kernel the watermark is exact: what is damaged beyond it was never acknowledged.
  if (watermark.state === 'damaged' || watermark.sameKernel) return [];
  const isKnown = watermark.state === 'valid';
  return logs.flatMap(({ name, saved }) => {
    if (saved === null) return [];
    // After a power failure a record may be torn at the end, and that was never acknowledged, either.
    const damages = saved.damages.filter(({ kind }) => !isKnown || kind !== 'truncated');
    const [damage] = damages;
    if (damage === undefined) return [];
    const bytes = damages.reduce((sum, { bytes: size }) => sum + BigInt(size), 0n);
    const isCut = damages.some(({ kind }) => kind === 'truncated');
    return [
      {
        file: { name },
        most: isCut ? UNKNOWN_MOST : bytes / LEAST_BYTES + 1n,
        message: `it is damaged at offset ${damage.offset} (${damage.kind}), and nothing says how many writes were there`,
      },
    ];
  });
}

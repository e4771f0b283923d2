import type { JournalState } from './journal-records.js';
import { RejectFile } from './reject-file.js';
import { pathsLike, type RejectPlace } from './reject-path.js';

/** The reject file of an ingest that goes on. */
export interface ContinuedRejects {
  readonly file: RejectFile;
  /** The file that had the rejects so far, when it is not there any more and another one is begun. */
  readonly lost: string | undefined;
}

/**
 * Finds the reject file that the journal tells of: where it was, or beside the log's directory, should that have been
 * moved. The journal's path is only looked at, and only a file with the ingest's own first line is gone on with; a new
 * file is made where this run's `place` says.
 */
export async function continueRejects(
  { start, checkpoint }: JournalState,
  place: RejectPlace,
): Promise<ContinuedRejects> {
  const { rejectFile, rejectId } = start;
  const size = checkpoint?.progress.rejectBytes ?? 0;
  if (rejectId === undefined) {
    return { file: await RejectFile.planned(place), lost: size > 0 ? rejectFile : undefined };
  }
  const places = [rejectFile, place.path, ...(place.otherwise === undefined ? [] : [place.otherwise])];
  const paths = new Set((await Promise.all(places.map(pathsLike))).flat());
  if (size === 0) {
    for (const path of paths) await RejectFile.discard(path, rejectId);
    return { file: await RejectFile.planned(place, rejectId), lost: undefined };
  }
  let found: RejectFile | undefined;
  for (const path of paths) found ??= await RejectFile.reopen(path, rejectId, size);
  if (!found) return { file: await RejectFile.planned(place), lost: rejectFile };
  if (place.taken === 'number' || found.path === place.path) return { file: found, lost: undefined };
  // Another file was named for what comes now.
  await found.close(size);
  return { file: await RejectFile.planned(place), lost: undefined };
}

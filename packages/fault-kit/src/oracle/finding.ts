/**
 * What is wrong:
 *
 * - `lost`: an entry that must be there is not
 * - `changed`: an entry has other bytes than those submitted
 * - `foreign`: an entry or table that was never submitted
 * - `moved`: an entry is at another sequence than was acknowledged, or in another order than submitted
 * - `hole`: appends are missing from the middle of what was submitted, or sequences from the middle of a table
 * - `split`: a batch or an atomic write is in only in part
 * - `refused`: an append that was rejected as not written is in
 * - `reused`: a sequence was given out twice
 * - `untrimmed`: an acknowledged trim was undone
 * - `overtrimmed`: entries are gone that no trim may have removed
 * - `ends`: first and last sequence do not agree with the entries
 * - `unreadable`: reading failed
 */
export type FindingKind =
  | 'lost'
  | 'changed'
  | 'foreign'
  | 'moved'
  | 'hole'
  | 'split'
  | 'refused'
  | 'reused'
  | 'untrimmed'
  | 'overtrimmed'
  | 'ends'
  | 'unreadable';

/** Something that the database must not be after what its journals say. */
export interface Finding {
  readonly kind: FindingKind;
  /** The table as `region/table`, or its name in quotes. */
  readonly table: string;
  /** The sequence concerned, if it is about one. */
  readonly sequence?: bigint;
  /** The submit concerned, as `submit 17 of run 3`, if it is about one. */
  readonly submit?: string;
  /** What should have been. */
  readonly expected: string;
  /** What is. */
  readonly found: string;
}

/** One line that says all of a finding. */
export function describeFinding({ kind, table, sequence, submit, expected, found }: Finding): string {
  const where = sequence === undefined ? '' : `, sequence ${sequence}`;
  const who = submit === undefined ? '' : ` (${submit})`;
  return `${kind}: table ${table}${where}${who}: expected ${expected}, found ${found}`;
}

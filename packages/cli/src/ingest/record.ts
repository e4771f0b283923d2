/** Why a line was put aside. Stands in the reject file. */
export type RejectReason =
  | 'not-json'
  | 'not-an-object'
  | 'field-missing'
  | 'field-type'
  | 'table-name'
  | 'not-utf8'
  | 'too-long'
  | 'csv-syntax'
  | 'csv-columns'
  | 'repeated-header';

/** A record that could not be taken. */
export interface Reject {
  /** Physical line number, from 1. */
  readonly line: number;
  /** Byte offset of the record in the input. */
  readonly offset: number;
  readonly reason: RejectReason;
  readonly message: string;
  /** The record without its line end. */
  readonly bytes: Buffer;
}

/** What a format makes of one record: an entry for a table, nothing (an empty line, a CSV's header), or a reject. */
export type Outcome =
  | { readonly kind: 'entry'; readonly table: string; readonly payload: Uint8Array }
  | { readonly kind: 'empty' }
  | { readonly kind: 'header' }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly message: string };

export const EMPTY: Outcome = { kind: 'empty' };
export const HEADER: Outcome = { kind: 'header' };

export function reject(reason: RejectReason, message: string): Outcome {
  return { kind: 'reject', reason, message };
}

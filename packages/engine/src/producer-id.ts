/** What an append is known by when it is repeated. */
export interface ProducerId {
  /** Bytes with no other owner, or ASCII. */
  readonly id: Uint8Array | string;
  /** When the append was made, in milliseconds since 1970. */
  readonly time: number;
}

/** How long the id of an append is remembered: as long as both hold. It surely is, and surely is not any more. */
export interface IdWindow {
  /**
   * Fewer entries than this have been appended to its table since. Each id takes memory in its shard, one that is a UUID
   * as text 80 to 160 bytes, and each table 2 KB. The shard keeps those of the tables that were appended to last: about
   * 256 MiB of them, which are 1,600,000 such UUIDs at least, of 50,000 tables at most, or all of one table. An append with
   * an id to another table reads that table's ids again. So where more than fourteen tables of a shard have such appends
   * all the time, windows are to be smaller: the tables times this at most 1,400,000.
   *
   * @range 1 to 10,000,000
   * @defaultValue 100,000
   */
  readonly entries?: number | undefined;
  /**
   * The call that repeats it is made at most so many milliseconds after the first one, by the clock of the system.
   *
   * @range 1 to 2^53 - 1
   * @defaultValue 3,600,000: an hour
   */
  readonly ageMs?: number | undefined;
}

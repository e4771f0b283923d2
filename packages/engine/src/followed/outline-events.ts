import {
  APPEND_DROPS,
  APPEND_ID,
  APPEND_TRIMS,
  APPEND_WORDS,
  type AppendReply,
  type FrameOutline,
} from '@shale/codec';

/** What a frame did to one of its tables. */
export interface OutlineEvents {
  /** Entries were appended: `first` to `last`, both included. */
  appended(table: number, first: bigint, last: bigint): void;
  dropped(table: number): void;
}

/** What a frame came to. */
export interface FrameOutcome {
  readonly firsts: AppendReply['firsts'];
  readonly repeats: AppendReply['repeats'];
  readonly errors: readonly { readonly append: number }[];
}

/** Tells what a frame that is in has done, by the indexes of its tables, as often as drops in it make necessary. */
export function tellOutline(
  { appends }: Pick<FrameOutline, 'appends'>,
  reply: FrameOutcome,
  events: OutlineEvents,
): void {
  // Of what is not in, and of what is in already, which was told when it came in.
  const passed = new Set(reply.errors.map(({ append }) => append));
  for (let i = 0; i < reply.repeats.length; i += 2) passed.add(reply.repeats[i] ?? 0);
  // The first and the last append to each table, in the order in which the tables come.
  let spans = new Map<number, { readonly first: number; last: number }>();
  const tell = (): void => {
    for (const [table, { first, last }] of spans) {
      const count = BigInt(appends[last * APPEND_WORDS + 1] ?? 0);
      events.appended(table, reply.firsts[first] ?? 0n, (reply.firsts[last] ?? 0n) + count - 1n);
    }
    spans = new Map();
  };
  for (let i = 0; i * APPEND_WORDS < appends.length; i++) {
    const table = appends[i * APPEND_WORDS] ?? 0;
    const flags = appends[i * APPEND_WORDS + 2] ?? 0;
    if (passed.size > 0 && passed.has(i)) continue;
    if ((flags & ~APPEND_ID) >= APPEND_TRIMS) {
      // Trims take no sequence back; positions of consumers are no entries.
      if (flags !== APPEND_DROPS) continue;
      // What was appended before belongs to the table that is gone.
      tell();
      events.dropped(table);
    } else if ((appends[i * APPEND_WORDS + 1] ?? 0) > 0) {
      const span = spans.get(table);
      if (span === undefined) spans.set(table, { first: i, last: i });
      else span.last = i;
    }
  }
  tell();
}

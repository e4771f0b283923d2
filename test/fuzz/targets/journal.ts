import { msgpackCodec } from '@shale/codec';
import { foldJournal, type JournalRecord, toJournalRecord } from '#internals/ingest';
import { require, type Target, typed, utf8 } from '../target.js';

const codec = msgpackCodec<JournalRecord>();
const SPLIT = Uint8Array.of(0xc1, 0xc1);

function records(...list: readonly JournalRecord[]): Uint8Array {
  return Uint8Array.from(list.flatMap((record) => [...codec.encode(record), ...SPLIT]));
}

const start: JournalRecord = {
  kind: 'start',
  version: 1,
  name: 'x',
  source: 'file',
  size: 10,
  startedAt: 1,
  options: { format: 'lines', raw: false, delimiter: ',', lossless: false, table: 't', maxLineBytes: 100 },
  rejectFile: 'x.rejects',
};
const progress = { line: 1, offset: 2, entries: 1, entryBytes: 1, empty: 0, rejected: 0, rejectBytes: 0 };

/**
 * The journal of an ingest: entries of a table, which anybody can have written. Split at two bytes that msgpack never
 * uses.
 */
export const journal: Target = {
  name: 'journal',
  maxBytes: 2048,
  tokens: [
    SPLIT,
    ...[
      'kind',
      'start',
      'tables',
      'checkpoint',
      'moved',
      'bases',
      'names',
      'from',
      'progress',
      '__proto__',
    ].map((word) => Uint8Array.of(0xa0 | word.length, ...utf8(word))),
    Uint8Array.of(0xc0),
    Uint8Array.of(0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0),
  ],
  seeds: [
    records(start),
    records(
      start,
      { kind: 'tables', from: 0, names: ['a', 'b'], bases: [0n, 5n] },
      {
        kind: 'checkpoint',
        progress,
        fingerprint: { head: 'h', tail: 't' },
        columns: ['c'],
        moved: [0, 1, 1, 4],
        state: 'running',
      },
    ),
  ],
  run(input) {
    const parts = Buffer.from(input).toString('latin1').split('\xc1\xc1');
    const state = typed(['SHALE_PAYLOAD', 'SHALE_CORRUPT'], () =>
      foldJournal(
        parts
          .filter((part) => part !== '')
          .map((part) => toJournalRecord(codec.decode(Buffer.from(part, 'latin1')))),
      ),
    );
    if (state === undefined) return;
    require(state.start.kind === 'start' && typeof state.start.name === 'string', 'has no name');
    for (const { name, base, count } of state.tables) {
      require(typeof name === 'string' &&
        typeof base === 'bigint' &&
        base >= 0n, 'has a table of another shape');
      require(Number.isSafeInteger(count) && count >= 0, `counts ${count} entries`);
    }
    const reached = state.checkpoint?.progress;
    if (reached === undefined) return;
    const values = Object.values(reached);
    require(values.length === 7 &&
      values.every((value) => Number.isSafeInteger(value) && value >= 0), 'no progress');
  },
};

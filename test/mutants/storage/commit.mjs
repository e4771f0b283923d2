/** Mutants of packages/storage: what a frame becomes. @type {import('../mutants.mjs').Mutant[]} */
export const commit = [
  {
    name: 'mark-of-its-own',
    removes: 'that a time mark is written in the batch of its entry',
    edits: [
      {
        file: 'packages/storage/src/commit/write-frame.ts',
        from: '  db.write(runs, frame.lengths, frame.data, { sync: frame.sync }, changes);',
        to: '  db.change(changes, { sync: frame.sync });\n  db.write(runs, frame.lengths, frame.data, { sync: frame.sync });',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'position-fence',
    removes: 'that a consumer which was opened again elsewhere cannot move its positions any more',
    edits: [
      {
        file: 'packages/storage/src/commit/position-moves.ts',
        from: 'known.epoch > next.epoch',
        to: 'known.epoch > next.epoch + 1n',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'position-of-another',
    removes: 'that a position is moved from where its consumer has seen it alone',
    edits: [
      {
        file: 'packages/storage/src/commit/position-moves.ts',
        from: '(known?.position ?? 0n) !== stored',
        to: '(known?.position ?? 0n) > stored',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'position-ahead',
    removes: 'that a position is never behind the end of its table',
    edits: [
      {
        file: 'packages/storage/src/commit/position-moves.ts',
        from: 'if (next.position > last) {',
        to: 'if (next.position > last + 1000n) {',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'position-of-dropped',
    removes: 'that the positions of a table are gone for what stands behind its drop in the frame',
    edits: [
      {
        file: 'packages/storage/src/commit/position-moves.ts',
        from: 'const isGone = this.#dropped.size > 0 && this.#dropped.has(tableKey(id));',
        to: 'const isGone = this.#dropped.size > 4096;',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'id-in-a-write-of-its-own',
    removes: 'that the id of an append is in the write of its entries',
    edits: [
      {
        file: 'packages/storage/src/commit/frame-ids.ts',
        from: 'return [...others, ...records];',
        to: `setTimeout(() => this.#context.db.change(records, { sync: false }), 5);
    return others;`,
      },
    ],
    killers: ['test/attacks/once/once.test.ts'],
  },
  {
    name: 'id-of-refused',
    removes: 'that an append which was refused is not in for who repeats it',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'if (error !== null) return error;\n      const first',
        to: 'if (state instanceof WalError) return error;\n      const first',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'repeat-without-sync',
    removes: 'that a repeat which waits for stable storage waits for what was appended without',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'repeated !== null && frame.sync',
        to: 'repeated !== null && frame.sync && frame.entryCount > 4096',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'advice-of-mismatch',
    removes:
      'the difference between a table that is past the expected sequence and one that is before it, in what a mismatch says',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'return actual > expected',
        to: 'return actual !== expected',
      },
    ],
    killers: ['packages/storage/test/append.test.ts'],
  },
  {
    name: 'hash-of-regions',
    removes: 'that the hash of a table has all of its region in it',
    edits: [
      {
        file: 'packages/storage/src/tables/table-rows.ts',
        from: 'mixed ^ (mixed >>> 15) ^ b, 0x85ebca6b',
        to: '0 & b, 0x85ebca6b',
      },
    ],
    killers: ['packages/storage/test/table-rows.test.ts'],
  },
  {
    name: 'drop-by-itself',
    removes: 'that a drop whose name cannot be looked up fails alone',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'refused.drops, tableKey(id), () => readNameOfTable(this.#context, id)',
        to: 'refused.drops, tableKey(id), () => void readNameOfTable',
      },
    ],
    killers: ['packages/storage/test/frames.test.ts'],
  },
  {
    name: 'fsync-of-frame',
    removes: 'what a frame says about being durable, on its way to the write',
    edits: [
      {
        file: 'packages/storage/src/commit/write-frame.ts',
        from: 'frame.data, { sync: frame.sync }',
        to: 'frame.data, { sync: false }',
      },
    ],
    killers: ['packages/engine/test/failing-sync.test.ts'],
  },
  {
    name: 'fsync-of-trims',
    removes: 'the fdatasync of a trim',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'finishRemovals(), { sync: frame.sync }',
        to: 'finishRemovals(), { sync: false }',
      },
    ],
    killers: ['packages/engine/test/failing-sync.test.ts'],
  },
  {
    name: 'sequence-floor',
    removes: 'the floor that a metadata record is for sequences, when a table is recovered',
    edits: [
      {
        file: 'packages/storage/src/tables/table-state.ts',
        from: 'this.next = (tail > floor ? tail : floor) + 1n;',
        to: 'this.next = tail + (floor - floor) + 1n;',
      },
    ],
    killers: ['packages/storage/test/recovery.test.ts', 'packages/engine/test/worker-death.test.ts'],
  },
  {
    name: 'write-atomicity',
    removes: 'the refusal of a whole atomic write when one part of it is refused',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'if (failure !== null) this.#unassign(frame, from, done, firsts);\n    return failure;',
        to: 'if (failure !== null && done < from) this.#unassign(frame, from, done, firsts);\n    return done > from ? null : failure;',
      },
    ],
    killers: ['packages/storage/test/append.test.ts', 'packages/storage/test/conformance.test.ts'],
  },
  {
    name: 'acknowledged-before-written',
    removes: 'the order of write and acknowledgement: a frame is answered, and written a little later',
    edits: [
      {
        file: 'packages/storage/src/commit/write-frame.ts',
        from: '  db.write(runs, frame.lengths, frame.data, { sync: frame.sync }, changes);\n',
        to: `  const [records, lengths, data] = [runs, frame.lengths, frame.data].map((part) => part.slice());
  const { sync } = frame;
  if (records === undefined || lengths === undefined || data === undefined) return;
  setImmediate(() => db.write(records, lengths, data, { sync }, changes));\n`,
      },
    ],
    killers: ['packages/engine/test/failing-sync.test.ts', 'test/attacks/concurrency/concurrency.test.ts'],
  },
  {
    name: 'sequences-of-failed-writes',
    removes:
      'the taking back of sequences that a failed write of plain appends had been given: it leaves a hole',
    edits: [
      {
        file: 'packages/storage/src/commit/plain-frames.ts',
        from: '        this.#restore(frame, rows);\n',
        to: '        if (frame.appendCount < 0) this.#restore(frame, rows);\n',
      },
    ],
    killers: ['packages/storage/test/append.test.ts', 'packages/storage/test/plain-frames.test.ts'],
  },
  {
    name: 'sequences-of-failed-writes-with-expect',
    removes: 'the same of a write in which an append expects a sequence',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'this.#settle(false);',
        to: 'this.#settle(true);',
      },
    ],
    killers: ['packages/storage/test/append.test.ts', 'packages/storage/test/plain-frames.test.ts'],
  },
  {
    name: 'expect',
    removes: 'the check of an expected sequence',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'expected !== undefined && expected !== first',
        to: 'expected !== undefined && expected > first + 1_000_000n',
      },
    ],
    killers: ['packages/storage/test/append.test.ts'],
  },
  {
    name: 'trim-clamp',
    removes: 'the clamp of a trim to the last entry',
    edits: [
      {
        file: 'packages/storage/src/commit/removals.ts',
        from: 'const end = upTo < last ? upTo : last;',
        to: 'const end = upTo;',
      },
    ],
    killers: ['packages/storage/test/trim.test.ts', 'test/attacks/model/model.test.ts'],
  },
  {
    name: 'trim-one-by-one',
    removes:
      'the deletion of single entries for small trims, without which thousands of them cause flush upon flush',
    edits: [
      {
        file: 'packages/storage/src/commit/trim.ts',
        from: 'if (entries > MOST_ONE_BY_ONE || unreadable > 0) return 0;',
        to: 'if (entries <= MOST_ONE_BY_ONE || unreadable > 0) return 0;',
      },
    ],
    killers: ['packages/storage/test/trim.test.ts'],
  },
  {
    name: 'trim-stretch',
    removes: 'the range that small trims write now and then, so that little has to be stepped over',
    edits: [
      {
        file: 'packages/storage/src/commit/trim.ts',
        from: 'return from / STRETCH === (end + 1n) / STRETCH ? Number(entries) : 0;',
        to: 'return from / STRETCH >= 0n ? Number(entries) : 0;',
      },
    ],
    killers: ['packages/storage/test/trim.test.ts'],
  },
  {
    name: 'trim-of-one-frame',
    removes: 'the entries of the trims that one behind them in the frame stands for',
    edits: [
      {
        file: 'packages/storage/src/commit/removals.ts',
        from: 'const from = touched.trim?.from ?? state.first;',
        to: 'const from = state.first;',
      },
    ],
    killers: ['packages/storage/test/frames.test.ts'],
  },
  {
    name: 'removal-order',
    removes:
      'the end of a run of entries at a trim or drop of their frame, so that they are written after it',
    edits: [
      {
        file: 'packages/storage/src/commit/write-runs.ts',
        from: '    this.#close();\n    this.#entries = 0;\n    this.#removals++;\n',
        to: '    this.#removals++;\n',
      },
    ],
    killers: ['packages/storage/test/frames.test.ts'],
  },
  {
    name: 'removal-rollback',
    removes: 'the way back to what was known of a table, when a frame with a trim of it could not be written',
    edits: [
      {
        file: 'packages/storage/src/commit/removals.ts',
        from: 'if (before !== null) state.restore(before);',
        to: 'void before;',
      },
    ],
    killers: ['packages/storage/test/frames.test.ts'],
  },
  {
    name: 'removals-on-full-disk',
    removes: 'the second try of a frame on a full disk, with its trims and drops alone',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'if (mixed) refused.appends = error;\n      return mixed;',
        to: 'void mixed;\n      return false;',
      },
    ],
    killers: ['packages/engine/test/full-disk.test.ts'],
  },
  {
    name: 'packed-states',
    removes: 'the state of tables that are not at hand any more',
    edits: [
      {
        file: 'packages/storage/src/tables/known-tables.ts',
        from: '      this.#rows.set(state.id, state);',
        to: '      if (state.pending !== state.next) this.#rows.set(state.id, state);',
      },
    ],
    killers: ['packages/storage/test/table-rows.test.ts'],
  },
  {
    name: 'loan-that-is-gone',
    removes: 'that nothing is written with a loan that has ended',
    edits: [
      {
        file: 'packages/storage/src/loan/loan.ts',
        from: 'if (!native({ path }, () => db.useLoan(loan))) return null;',
        to: 'native({ path }, () => db.useLoan(loan));',
      },
    ],
    killers: ['packages/storage/test/loans.test.ts'],
  },
  {
    name: 'new-table-twice-in-a-frame',
    removes:
      'the look whether a table that was just recovered has been made known under another index of the frame',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: 'this.#states[missing[i] ?? 0] = known ?? state;',
        to: 'this.#states[missing[i] ?? 0] = state;',
      },
    ],
    killers: ['packages/storage/test/frames.test.ts', 'packages/storage/test/plain-frames.test.ts'],
  },
  {
    name: 'unwritten-rows',
    removes: 'that nothing is kept of a table that a frame of plain appends found unwritten and left so',
    edits: [
      {
        file: 'packages/storage/src/commit/plain-frames.ts',
        from: 'if (this.#made.length > 0) this.#forgetUnwritten(frame, rows);',
        to: 'if (this.#made.length < 0) this.#forgetUnwritten(frame, rows);',
      },
    ],
    killers: ['packages/storage/test/plain-frames.test.ts'],
  },
  {
    name: 'reads-of-one-table',
    removes: 'that a table that cannot be read for want of descriptors fails nothing but what is about it',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: "new Set(['SHALE_CORRUPT', 'SHALE_NO_RESOURCES', 'SHALE_IO'])",
        to: "new Set(['SHALE_CORRUPT'])",
      },
    ],
    killers: ['packages/engine/test/few-files.test.ts'],
  },
  {
    name: 'plain-trims-undone',
    removes: 'the taking back of what a frame on the short way has trimmed, when it cannot be written',
    edits: [
      {
        file: 'packages/storage/src/commit/plain-frames.ts',
        from: '        this.#trims.restore(rows);\n',
        to: '',
      },
    ],
    killers: ['packages/storage/test/plain-trims.test.ts'],
  },
  {
    name: 'plain-trims-durable',
    removes: 'that a trim without sync is made durable by a later one with it, on the short way',
    edits: [
      {
        file: 'packages/storage/src/commit/plain-trims.ts',
        from: 'if (sync && !isDurable && beforeFirst > 0n) return null;',
        to: '',
      },
    ],
    killers: ['packages/storage/test/plain-trims.test.ts'],
  },
  {
    name: 'plain-trims-holes',
    removes: 'the look at the disk for the first entry after a trim, where there may be holes',
    edits: [
      {
        file: 'packages/storage/src/commit/plain-trims.ts',
        from: 'if (end < tail && end < beforeDense) return null;',
        to: '',
      },
    ],
    killers: ['packages/storage/test/plain-trims.test.ts'],
  },
  {
    name: 'plain-trims-full-disk',
    removes: 'that trims of a frame that a full disk refuses are done without its appends',
    edits: [
      {
        file: 'packages/storage/src/commit/commit.ts',
        from: "(failure.code === 'SHALE_NO_SPACE' || OF_ONE_TABLE.has(failure.code))",
        to: 'OF_ONE_TABLE.has(failure.code)',
      },
    ],
    killers: ['packages/engine/test/full-disk.test.ts'],
  },
  {
    name: 'entry-zero',
    removes: 'that a table of which all is an entry 0 is not as never written',
    edits: [
      {
        file: 'packages/storage/src/tables/known-tables.ts',
        from: 'return state !== undefined && state.first !== 0n;',
        to: 'return state !== undefined;',
      },
    ],
    killers: ['packages/storage/test/plain-trims.test.ts'],
  },
  {
    name: 'unwritten-beside-trims',
    removes:
      'that a table found unwritten stays so for the log, beside a trim of the same table of another region',
    edits: [
      {
        file: 'packages/storage/src/commit/plain-frames.ts',
        from: 'if (this.#trims.count === 0) remove(rows, view, at);',
        to: 'if (this.#trims.count >= 0) remove(rows, view, at);',
      },
    ],
    killers: ['packages/storage/test/plain-trims.test.ts'],
  },
];

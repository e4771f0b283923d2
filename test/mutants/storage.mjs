/** Mutants of packages/storage: the log over one handle. @type {import('./mutants.mjs').Mutant[]} */
export const storage = [
  {
    name: 'age-of-what-is-new',
    removes: 'that the age of an entry is told by a mark that is not behind it',
    edits: [
      {
        file: 'packages/storage/src/retention/time-marks.ts',
        from: 'if (mark.sequence <= sequence) found = mark.ms;',
        to: 'found = mark.ms;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'disk-budget-of-others',
    removes: 'that only tables which yield to a disk budget lose entries to it',
    edits: [
      {
        file: 'packages/storage/src/retention/yielding.ts',
        from: 'if (retention?.yieldsToDisk === true) found.push(head);',
        to: 'if (retention !== null) found.push(head);',
      },
    ],
    killers: ['packages/engine/test/disk-budget.test.ts'],
  },
  {
    name: 'marks-of-a-failed-frame',
    removes: 'that what a frame did to marks is forgotten when it has failed',
    edits: [
      {
        file: 'packages/storage/src/retention/table-watch.ts',
        from: 'if (!written) this.#changed.forEach(forgetMarks);',
        to: 'void written;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'marks-read-at-each-trim',
    removes: 'that the first marks of a table are kept in memory',
    edits: [
      {
        file: 'packages/storage/src/retention/known-marks.ts',
        from: 'const HEAD = 4;',
        to: 'const HEAD = 0;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'marks-read-in-frames',
    removes: 'that frames read marks for a small part of the time',
    edits: [
      {
        file: 'packages/storage/src/retention/reading-time.ts',
        from: 'if (before < this.#restsUntil) return null;',
        to: '',
      },
    ],
    killers: ['packages/storage/test/known-marks.test.ts'],
  },
  {
    name: 'reclaim-of-what-is-there',
    removes: 'that no file is dropped before the range it lies in was seen to be empty',
    edits: [
      {
        file: 'packages/storage/src/space/trimmed-range.ts',
        from: '(state.last >= end && state.first > end)',
        to: 'state.last >= end',
      },
    ],
    killers: ['packages/storage/test/trim.test.ts'],
  },
  {
    name: 'retention-wrong-floor',
    removes: 'that retention waits for the consumer that is furthest behind',
    edits: [
      {
        file: 'packages/storage/src/retention/holders.ts',
        from: 'if (least === null || position < least) least = position;',
        to: 'if (least === null || position > least) least = position;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'retention-new-consumer',
    removes: 'that retention waits for a consumer that has no position in a table yet',
    edits: [
      {
        file: 'packages/storage/src/retention/holders.ts',
        from: 'if (targets(target, id, (of) => nameOfTable(this.#home, of))) yield { consumer, position: 0n };',
        to: '',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts', 'packages/engine/test/retention.test.ts'],
  },
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
    name: 'mark-clock-back',
    removes: 'that time marks ascend with the sequences when the clock is put back',
    edits: [
      {
        file: 'packages/storage/src/retention/time-marks.ts',
        from: 'marks.filter(({ ms }) => ms < mark.ms)',
        to: '[...marks]',
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
        from: 'return this.#dropped.has(tableKey(id)) ? null : readPosition',
        to: 'return this.#dropped.size > 4096 ? null : readPosition',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'position-without-sequence',
    removes: 'that a repair gives no sequence out again that a position is past',
    edits: [
      {
        file: 'packages/storage/src/repair/save-consumers.ts',
        from: 'if (isKept && found.position > 0n) book.raise(found.table, found.position);',
        to: '',
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
    name: 'ids-forgotten-too-early',
    removes:
      'that an id is forgotten when so many entries have come after it as the window says, and not before',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'behind < window.entries',
        to: 'behind + 1 < window.entries',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-removed-too-early',
    removes: 'that only ids which are forgotten are removed',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'if (isLast || this.isWithin(row, window, now)) break;',
        to: 'if (isLast || now.time < 0) break;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-never-removed',
    removes: 'that ids which are forgotten are removed',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'return before === null ? null : this.#firstOf(before);',
        to: 'return before === null || before >= 0 ? null : this.#firstOf(before);',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-removed-with-half-a-record',
    removes: 'that a record stays as long as one of its ids is within the window',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'return before === null ? null : this.#firstOf(before);',
        to: 'return before === null ? null : this.#firstOf(record);',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-of-a-failed-write',
    removes: 'that what a frame has added is unknown when the frame is not in',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'for (let row = rows.end; row !== this.#mark; ) {',
        to: 'for (let row = this.#mark; row !== this.#mark; ) {',
      },
    ],
    killers: ['packages/storage/test/table-ids.test.ts'],
  },
  {
    name: 'ids-by-their-hash',
    removes: 'that ids with the same hash are two',
    edits: [
      {
        file: 'packages/storage/src/append-ids/id-rows.ts',
        from: 'if (bytes[(from + i) & mask] !== ids[idAt + i]) return false;',
        to: 'if ((bytes[(from + i) & mask] ?? 0) + (ids[idAt + i] ?? 0) < 0) return false;',
      },
    ],
    killers: ['packages/storage/test/table-ids.test.ts'],
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
    name: 'ids-of-a-loan',
    removes: 'that the owner of a table hears of the ids that another log has written for it',
    edits: [
      {
        file: 'packages/storage/src/append-ids/known-ids.ts',
        from: 'if (table !== undefined) table.isStale = true;',
        to: 'if (table !== undefined) table.isStale = false;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-before-a-drop',
    removes: 'that the ids of a table are gone once another log has dropped it',
    edits: [
      {
        file: 'packages/storage/src/append-ids/known-ids.ts',
        from: 'if (!this.#home.db.sawDrop(table.watch)) return table;',
        to: 'if (table.counted >= 0 || !this.#home.db.sawDrop(table.watch)) return table;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'repaired-id-without-entries',
    removes: 'that a repair keeps no id of entries which it could not save',
    edits: [
      {
        file: 'packages/storage/src/repair/save-append-ids.ts',
        from: 'return native({ path: target.path }, () => target.get(key)) !== null;',
        to: 'return native({ path: target.path }, () => target.get(key)) !== undefined;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'trimmed-below-in-reverse',
    removes: 'the look whether what a reverse read has not reached was trimmed',
    edits: [
      {
        file: 'packages/storage/src/read/reverse.ts',
        from: 'requireNotTrimmed(context, id, from);',
        to: 'void requireNotTrimmed;',
      },
    ],
    killers: ['packages/storage/test/reverse-reads.test.ts'],
  },
  {
    name: 'later-format',
    removes: 'the refusal of a log that a later version of Shale has put something into',
    edits: [
      {
        file: 'packages/storage/src/requirements.ts',
        from: 'if (!holdsAny(db)) return;',
        to: "if (!holdsAny(db) || db.path !== '') return;",
      },
    ],
    killers: ['test/versions.test.ts'],
  },
  {
    name: 'later-format-read-only',
    removes: 'that what readers must know is asked of them, too',
    edits: [
      {
        file: 'packages/storage/src/requirements.ts',
        from: 'if (reads && !forReading) continue;',
        to: 'if (reads) continue;',
      },
    ],
    killers: ['test/versions.test.ts'],
  },
  {
    name: 'later-format-repaired',
    removes: 'the refusal to repair what this version does not know',
    edits: [
      {
        file: 'packages/storage/src/repair/run.ts',
        from: 'refuseLaterFormat(source, false);',
        to: '',
      },
    ],
    killers: ['test/versions.test.ts'],
  },
  {
    name: 'fetched-end',
    removes: 'the end of a read that goes on beside the shards: it sees what is appended later',
    edits: [
      {
        file: 'packages/storage/src/read/fetch.ts',
        from: 'return { ...part, next, to: last };',
        to: 'return { ...part, next, to: U64_MAX };',
      },
    ],
    killers: ['packages/engine/test/reads.test.ts'],
  },
  {
    name: 'fetched-once',
    removes: 'the end of a read whose only chunk was taken away: it sees what was appended later',
    edits: [
      {
        file: 'packages/storage/src/read/fetch.ts',
        from: 'to: (part.next ?? 1n) - 1n };',
        to: 'to: U64_MAX };',
      },
    ],
    killers: ['packages/engine/test/reads-beside-writes.test.ts'],
  },
  {
    name: 'fetched-gap',
    removes: 'the look whether a chunk goes on where the one before it ended: a trim is skipped in silence',
    edits: [
      {
        file: 'packages/storage/src/read/fetch.ts',
        from: 'if (found.buffer === null || runAt(found.buffer, found, 0).first !== from) return null;',
        to: 'if (found.buffer === null) return null;',
      },
    ],
    killers: ['packages/engine/test/reads.test.ts'],
  },
  {
    name: 'damage-at-once',
    removes: 'the wait for the name of the damaged file, before a compaction that was asked for fails',
    edits: [
      {
        file: 'packages/storage/src/space/compaction.ts',
        from: 'await untilTold(db, before, error.message);',
        to: 'void [untilTold, before];',
      },
    ],
    killers: ['packages/storage/test/compact-damage.test.ts'],
  },
  {
    name: 'reclaim-worth',
    removes: 'the share of trimmed entries that a file must have to be compacted for them',
    edits: [
      {
        file: 'packages/storage/src/space/reclaim-plan.ts',
        from: 'if (gain === 0 || gain < unit.cost * minRatio) continue;',
        to: 'if (gain === 0) continue;',
      },
      {
        file: 'packages/storage/src/space/reclaim-plan.ts',
        from: 'if (gain < (cost + along) * minRatio) return [];',
        to: 'if (gain < (cost + along) * minRatio * 0) return [];',
      },
    ],
    killers: ['packages/storage/test/reclaim-plan.test.ts', 'packages/engine/test/space.test.ts'],
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
    name: 'urls-of-other-logs',
    removes: 'the refusal of URLs that are kept for logs elsewhere',
    edits: [
      {
        file: 'packages/storage/src/targets/location.ts',
        from: 'if (scheme === undefined) return text;',
        to: 'if (scheme !== null) return text;',
      },
    ],
    killers: ['packages/engine/test/locations.test.ts'],
  },
  {
    name: 'advice-of-targets',
    removes: 'the advice about the disk of a target that is full',
    edits: [
      {
        file: 'packages/storage/src/errors.ts',
        from: '  return { ...meaning, advice, details: { target } };',
        to: "  return { ...meaning, advice: advice === '' ? advice : meaning.advice };",
      },
    ],
    killers: ['test/full-target.test.ts'],
  },
  {
    name: 'log-of-removed-backup',
    removes: 'the need to name the log of a backup that is to be removed, where there are backups of several',
    edits: [
      {
        file: 'packages/storage/src/backup/remove.ts',
        from: 'if (logs.size === 1) return;',
        to: 'if (logs.size > 0) return;',
      },
    ],
    killers: ['packages/storage/test/remove-backup.test.ts'],
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
    name: 'empty-tables-beside-damage',
    removes: 'that a table is not called empty while one that cannot be listed may be it',
    edits: [
      {
        file: 'packages/storage/src/lists/tables.ts',
        from: 'listed.has(table) || !isWhole',
        to: 'listed.has(table) || (isWhole && !isWhole)',
      },
    ],
    killers: ['packages/storage/test/regression/damaged-block.test.ts'],
  },
  {
    name: 'holes-in-strict-reads',
    removes: 'that a strict read fails where sequences have no entries',
    edits: [
      {
        file: 'packages/storage/src/read/read.ts',
        from: 'if (strict) throw hole(',
        to: 'if (!strict) throw hole(',
      },
    ],
    killers: ['packages/storage/test/read.test.ts'],
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
    name: 'fsync-of-names',
    removes: 'the fdatasync of a name before the first append to it',
    edits: [
      {
        file: 'packages/storage/src/names/names.ts',
        from: 'db.change(changes, { sync: true });',
        to: 'db.change(changes, { sync: false });',
      },
    ],
    killers: ['packages/engine/test/failing-sync.test.ts'],
  },
  {
    name: 'ids-of-names',
    removes: 'the counter that keeps the id of a dropped name from being used again',
    edits: [
      {
        file: 'packages/storage/src/names/names.ts',
        from: 'value: encodeNameCounter(ids.next)',
        to: 'value: encodeNameCounter(ids.next - 1n)',
      },
    ],
    killers: ['packages/storage/test/names.test.ts'],
  },
  {
    name: 'mark-of-names',
    removes:
      'the mark by which versions that look for names in the log refuse a database that has them elsewhere',
    edits: [
      {
        file: 'packages/storage/src/names/names.ts',
        from: 'if (!state.isMarked) changes.push',
        to: 'if (state.isMarked) changes.push',
      },
    ],
    killers: ['packages/storage/test/names.test.ts'],
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
    name: 'fifo-refused',
    removes: 'the refusal of FIFO compaction, which deletes names and floors',
    edits: [
      {
        file: 'packages/storage/src/open.ts',
        from: "if (typeof fifoBytes !== 'number' || fifoBytes === 0) return;",
        to: "if (typeof fifoBytes !== 'number' || fifoBytes >= 0) return;",
      },
    ],
    killers: ['packages/storage/test/open.test.ts'],
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
    name: 'trim-over-damage',
    removes: 'the range that hides what cannot be read',
    edits: [
      {
        file: 'packages/storage/src/read/read.ts',
        from: 'if (isUnreadable(error)) context.counters.unreadable++;\n',
        to: '',
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
    name: 'repair-of-single-trims',
    removes: 'the report that a damaged file held deletions of single entries',
    edits: [
      {
        file: 'packages/storage/src/repair/gather.ts',
        from: 'check.deletions > check.rangeDeletions || check.entries',
        to: 'check.entries',
      },
    ],
    killers: ['packages/cli/test/command/repair.test.ts'],
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
    name: 'trimmed-check',
    removes: 'the check of a read that what it goes on with has not been trimmed',
    edits: [
      {
        file: 'packages/storage/src/read/read.ts',
        from: '    requireNotTrimmed(context, id, from);\n',
        to: '    void requireNotTrimmed;\n',
      },
    ],
    killers: ['packages/storage/test/read.test.ts', 'test/attacks/concurrency/concurrency.test.ts'],
  },
  {
    name: 'dropped-check',
    removes: 'the check of a read that its table is still the same',
    edits: [
      {
        file: 'packages/storage/src/read/scan-span.ts',
        from: 'if (native(place, () => context.db.sawDrop(watch))) throw trimmed(context, id, from, 0n);',
        to: 'native(place, () => context.db.sawDrop(watch));',
      },
    ],
    killers: ['packages/storage/test/regression/read-drop.test.ts'],
  },
  {
    name: 'read-of-unrecoverable',
    removes: 'the reading of a table whose end cannot be read',
    edits: [
      {
        file: 'packages/storage/src/read/read-span.ts',
        from: "const UNREADABLE: readonly ErrorCode[] = ['SHALE_CORRUPT', 'SHALE_IO'];",
        to: 'const UNREADABLE: readonly ErrorCode[] = [];',
      },
    ],
    killers: ['packages/storage/test/regression/damaged-block.test.ts'],
  },
  {
    name: 'watch-begins-anew',
    removes: 'that a read does not heed drops which come before it',
    edits: [
      {
        file: 'packages/storage/src/read/read-span.ts',
        from: 'native(place, () => context.db.watchAnew(watch));',
        to: '',
      },
    ],
    killers: ['packages/storage/test/regression/read-drop.test.ts'],
  },
  {
    name: 'heads-of-dropped-tables',
    removes: 'that heads which were listed before a drop are not installed after it',
    edits: [
      {
        file: 'packages/storage/src/lists/region-recovery.ts',
        from: 'if (mayBeDropped && isDropped(context, head, since)) continue;',
        to: 'if (mayBeDropped && since > U64_LIMIT && isDropped(context, head, since)) continue;',
      },
      {
        file: 'packages/storage/src/lists/region-recovery.ts',
        from: '/** What opening a region found. */',
        to: 'const U64_LIMIT = 2n ** 64n;\n\n/** What opening a region found. */',
      },
    ],
    killers: ['packages/storage/test/table-rows.test.ts'],
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
    name: 'unknown-options',
    removes: 'the refusal of options that do not exist',
    edits: [
      {
        file: 'packages/storage/src/arguments/option-bag.ts',
        from: 'if (name in Object.prototype) return;',
        to: 'if (name in Object.prototype || known.length > 0) return;',
      },
    ],
    killers: ['packages/engine/test/option-bags.test.ts'],
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
    name: 'targets-apart-from-logs',
    removes:
      'the comparison of directories by what they are, which keeps a backup or checkpoint out of the log',
    edits: [
      {
        file: 'packages/storage/src/targets/places.ts',
        from: 'if (inner.some((id) => ids.has(id))) {',
        to: 'if (inner.some((id) => ids.has(id)) && target.startsWith(path) && path === target) {',
      },
    ],
    killers: ['packages/storage/test/targets.test.ts', 'packages/storage/test/backups.test.ts'],
  },
  {
    name: 'no-older-backup-in-silence',
    removes: 'the refusal to restore an older backup where the newest one is damaged',
    edits: [
      {
        file: 'packages/storage/src/backup/choose.ts',
        from: '(newest === undefined || options.allowOlder !== true)',
        to: 'newest === undefined',
      },
    ],
    killers: ['packages/storage/test/backups.test.ts'],
  },
  {
    name: 'workspace-of-a-checkpoint',
    removes: 'the directory of its own in which a checkpoint grows',
    edits: [
      {
        file: 'packages/storage/src/checkpoint.ts',
        from: 'db.checkpoint(workspace.result)',
        to: 'db.checkpoint(target)',
      },
      {
        file: 'packages/storage/src/checkpoint.ts',
        from: '    await moveIntoPlace(workspace);\n',
        to: '    void moveIntoPlace;\n',
      },
    ],
    killers: ['packages/storage/test/targets.test.ts'],
  },
  {
    name: 'repair-promise',
    removes: 'what the watermark says of the end of the log, when a log is repaired',
    edits: [
      {
        file: 'packages/storage/src/repair/missing-writes.ts',
        from: 'if (promised >= next) gaps',
        to: 'if (promised < 0n) gaps',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-unknown-files',
    removes: 'the doubt whether all table files are there when there is no manifest to say so',
    edits: [
      {
        file: 'packages/storage/src/repair/old-database.ts',
        from: 'if (isWhole && !isStale) return null;',
        to: 'if (isWhole || !isStale) return null;',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-keeps-files',
    removes: 'the files that are left out of the manifest when the others are taken over',
    edits: [
      {
        file: 'packages/storage/src/repair/keep-files.ts',
        from: 'copyManifestWithout(from, manifest, lost, to)',
        to: 'copyManifestWithout(from, manifest, [], to)',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-keeps-no-sequence',
    removes: 'the look through the tables that a file which is left out may have held entries of',
    edits: [
      {
        file: 'packages/storage/src/repair/keep-files.ts',
        from: 'damage.spans.push({ ...lostWhole(old, name, message),',
        to: 'void ({ ...lostWhole(old, name, message),',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-lost-trims',
    removes: 'the word that trims may have been in a file that is lost',
    edits: [
      {
        file: 'packages/storage/src/repair/lost-file.ts',
        from: 'most: old.most, hadTrims: true, message',
        to: 'most: old.most, hadTrims: false, message',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-flushed-logs',
    removes: 'the look into flushed log files for what a lost table file had',
    edits: [
      {
        file: 'packages/storage/src/repair/gather.ts',
        from: 'old.unknown !== null || damage.spans.length > 0 || this',
        to: 'old.unknown !== null && damage.spans.length > 0 && this',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-flushed-logs-alone',
    removes: 'that a flushed log file is taken only when what came after it is known',
    edits: [
      {
        file: 'packages/storage/src/repair/flushed-logs.ts',
        from: 'run.last + 1n < next',
        to: 'run.last + 1n < 0n',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
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

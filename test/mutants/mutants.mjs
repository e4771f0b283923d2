/**
 * What is broken on purpose, and which tests must notice. To add one: say what it takes away, give text that occurs once in
 * its file and what to put there, and name the test files that must fail, quickest first.
 *
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} removes what Shale then no longer does
 * @property {{ file: string, from: string, to: string }[]} edits
 * @property {string[]} killers test files; the first that fails is enough
 */

/** @type {Mutant[]} */
export const MUTANTS = [
  {
    name: 'fsync',
    removes: 'the fdatasync of a write that is to be durable',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '  options.sync = sync;\n',
        to: '  options.sync = false;\n  static_cast<void>(sync);\n',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts', 'packages/engine/test/failing-sync.test.ts'],
  },
  {
    name: 'fsync-of-frame',
    removes: 'what a frame says about being durable, on its way to the write',
    edits: [
      {
        file: 'packages/storage/src/write-frame.ts',
        from: 'frame.data, { sync: frame.sync }',
        to: 'frame.data, { sync: false }',
      },
    ],
    killers: ['packages/engine/test/failing-sync.test.ts'],
  },
  {
    name: 'fsync-of-neighbours',
    removes: 'the durability of an append that shares its frame with ones that need none',
    edits: [
      {
        file: 'packages/engine/src/append/frame.ts',
        from: 'if (change.sync) this.#sync = true;',
        to: 'this.#sync = change.sync && this.#changes.length === 1;',
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
    name: 'names-of-dropped-tables',
    removes: 'the removal of the name of a table that is dropped',
    edits: [
      {
        file: 'packages/rocksdb/native/database/table_names.cc',
        from: 'if (prefix.size() != kLogKeyPrefixLength) return;',
        to: 'if (prefix.size() == kLogKeyPrefixLength) return;',
      },
    ],
    killers: ['packages/storage/test/names.test.ts', 'packages/engine/test/catalog.test.ts'],
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
        file: 'packages/storage/src/commit.ts',
        from: 'finishRemovals(), { sync: frame.sync }',
        to: 'finishRemovals(), { sync: false }',
      },
    ],
    killers: ['packages/engine/test/failing-sync.test.ts'],
  },
  {
    name: 'poison-latch',
    removes: 'the latch that a failed sync sets in the addon',
    edits: [
      {
        file: 'packages/rocksdb/native/database/health.cc',
        from: 'latch(poisoned_, reason);',
        to: 'static_cast<void>(reason);',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'poison-beside-full',
    removes: 'the latch of a failed sync that meets a disk which has just become full',
    edits: [
      {
        file: 'packages/rocksdb/native/database/health.cc',
        from: 'if (ofLog && isSyncOfLog(status)) return',
        to: 'if (ofLog && isSyncOfLog(status) && !stopped()) return',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'health-of-reopening',
    removes: 'what goes wrong while RocksDB is opened anew',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '  health_->begin(full);\n  try {\n',
        to: '  try {\n',
      },
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: 'watermark_ = recovery.after(*db_);\n  } catch',
        to: 'watermark_ = recovery.after(*db_);\n    health_->begin(full);\n  } catch',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'full-after-reopening',
    removes: 'the full disk of a database that could not be opened anew for want of room',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '      health_->fill(error.message);\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'poison-after-reopening',
    removes: 'the latch of a database that could not be opened anew',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '      health_->poison("opening the database anew failed: " + error.message);\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'reads-after-reopening',
    removes: 'the reads of a database that could not be opened anew for writing',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '  openForReading().PermitUncheckedError();\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'paranoid-writers',
    removes: "the checks of RocksDB that a writer has whatever the caller's options say",
    edits: [
      {
        file: 'packages/rocksdb/native/database/options.cc',
        from: 'paranoidChecks || !readOnly',
        to: 'paranoidChecks',
      },
    ],
    killers: ['packages/rocksdb/test/options.test.ts'],
  },
  {
    name: 'replay-of-opening',
    removes: 'the question whether a manifest still says what the opening that began it had replayed',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/verdict.cc',
        from: ' && found_.manifest.lastSequence >= found_.mark.opened',
        to: '',
      },
    ],
    killers: ['test/recovery.test.ts'],
  },
  {
    name: 'copies-of-cut-logs',
    removes: 'the copy of a log that is cut behind damage',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/mending.cc',
        from: '    if (file.unused > 0 || file.unsearched',
        to: '    if (file.unsearched',
      },
    ],
    killers: ['test/foreign.test.ts'],
  },
  {
    name: 'replay-of-compressed-logs',
    removes: 'the question how far a replay of logs that Shale cannot read comes',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/verdict.cc',
        from: '  if (trial.records < records) {',
        to: '  if (trial.records < records && false) {',
      },
    ],
    killers: ['test/foreign.test.ts'],
  },
  {
    name: 'identity-of-watermark',
    removes: 'the question whether a watermark is of this database',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/watermark.cc',
        from: 'return identity.empty() || identity == state->database ? found : WatermarkFound::kOther;',
        to: 'return identity.size() < 64 ? found : WatermarkFound::kOther;',
      },
    ],
    killers: ['test/foreign.test.ts'],
  },
  {
    name: 'end-of-backups',
    removes: 'the end of a backup that a full disk needs the database from',
    edits: [
      {
        file: 'packages/rocksdb/native/database/cancellable_calls.h',
        from: '      for (Call* call : calls_.running_) call->cancel();\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'poison-latch-of-engine',
    removes: 'the latch that a failed sync sets for all shards',
    edits: [
      {
        file: 'packages/engine/src/health.ts',
        from: "if (error.code === 'SHALE_POISONED') this.#latch('poisoned', error);\n    else if",
        to: 'if',
      },
    ],
    killers: ['packages/engine/test/trouble.test.ts'],
  },
  {
    name: 'sequence-floor',
    removes: 'the floor that a metadata record is for sequences, when a table is recovered',
    edits: [
      {
        file: 'packages/storage/src/table-unit.ts',
        from: 'this.next = (tail > floor ? tail : floor) + 1n;',
        to: 'this.next = tail + (floor - floor) + 1n;',
      },
    ],
    killers: ['packages/storage/test/recovery.test.ts', 'packages/engine/test/worker-death.test.ts'],
  },
  {
    name: 'sequence-floor-record',
    removes: 'the metadata record that a trim writes',
    edits: [
      {
        file: 'packages/rocksdb/native/database/removals.cc',
        from: 'throwIfFailed(batch_.Put(metaKey, rocksdb::Slice(value, sizeof(value))), guard_.path());\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/trim.test.ts', 'packages/storage/test/trim.test.ts'],
  },
  {
    name: 'batch-atomicity',
    removes: 'the one batch that a frame is written as: each entry is a write of its own',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/write.cc',
        from: '{ put(guard, batch, key, value, size); }',
        to: '{\n        put(guard, batch, key, value, size);\n        guard.write(batch, sync);\n        batch.Clear();\n      }',
      },
    ],
    killers: ['test/attacks/model/whole-batches.test.ts'],
  },
  {
    name: 'unit-atomicity',
    removes: 'the refusal of a whole atomic write when one part of it is refused',
    edits: [
      {
        file: 'packages/storage/src/commit.ts',
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
        file: 'packages/storage/src/write-frame.ts',
        from: '  db.write(groups, frame.lengths, frame.data, { sync: frame.sync });\n',
        to: `  const [runs, lengths, data] = [groups, frame.lengths, frame.data].map((part) => part.slice());
  const { sync } = frame;
  if (runs === undefined || lengths === undefined || data === undefined) return;
  setImmediate(() => db.write(runs, lengths, data, { sync }));\n`,
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
        file: 'packages/storage/src/plain-frames.ts',
        from: 'if (found && !written) this.#restore(frame, states);',
        to: 'if (found && !written && frame.appendCount < 0) this.#restore(frame, states);',
      },
    ],
    killers: ['packages/storage/test/append.test.ts', 'packages/storage/test/plain-frames.test.ts'],
  },
  {
    name: 'sequences-of-failed-writes-with-expect',
    removes: 'the same of a write in which an append expects a sequence',
    edits: [
      {
        file: 'packages/storage/src/commit.ts',
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
        file: 'packages/storage/src/commit.ts',
        from: 'expected !== undefined && expected !== first',
        to: 'expected !== undefined && expected > first + 1_000_000n',
      },
    ],
    killers: ['packages/storage/test/append.test.ts'],
  },
  {
    name: 'lock-of-open-file',
    removes: 'the lock that stays when the process closes another descriptor of the file',
    edits: [
      {
        file: 'packages/rocksdb/native/core/file_lock.cc',
        from: 'result = ::fcntl(file, F_OFD_SETLK, &whole);',
        to: 'result = ::fcntl(file, F_SETLK, &whole);',
      },
    ],
    killers: ['packages/rocksdb/test/writer-lock.test.ts'],
  },
  {
    name: 'lock-not-inherited',
    removes: 'the end of the lock with its process, whatever others that has started',
    edits: [
      {
        file: 'packages/rocksdb/native/core/regular_file.cc',
        from: 'O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode',
        to: 'O_NOFOLLOW | O_NONBLOCK, mode',
      },
    ],
    killers: ['packages/rocksdb/test/writer-lock.test.ts'],
  },
  {
    name: 'unreadable-is-not-poison',
    removes: 'the difference between a compaction that cannot read and a log that cannot be trusted',
    edits: [
      {
        file: 'packages/rocksdb/native/database/unreadable_files.cc',
        from: '  *status = Status::OK();\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts', 'packages/rocksdb/test/unreadable-files.test.ts'],
  },
  {
    name: 'starved-is-not-poison',
    removes: 'the difference between a file that cannot be opened for now and a disk that fails',
    edits: [
      {
        file: 'packages/rocksdb/native/database/health.cc',
        from: '} else if (isOutOfResources(status)) {',
        to: '} else if (false) {',
      },
    ],
    killers: ['packages/rocksdb/test/few-files.test.ts'],
  },
  {
    name: 'no-links',
    removes: 'the refusal of the addon to open files of a database through links',
    edits: [
      {
        file: 'packages/rocksdb/native/core/regular_file.cc',
        from: 'flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC',
        to: 'flags | O_NONBLOCK | O_CLOEXEC',
      },
    ],
    killers: ['packages/rocksdb/test/permissions.test.ts'],
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
        file: 'packages/storage/src/removals.ts',
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
        file: 'packages/storage/src/removals.ts',
        from: 'return isFew ? Number(entries) : 0;',
        to: 'void isFew;\n    return 0;',
      },
    ],
    killers: ['packages/storage/test/trim.test.ts'],
  },
  {
    name: 'trim-stretch',
    removes: 'the range that small trims write now and then, so that little has to be stepped over',
    edits: [
      {
        file: 'packages/storage/src/removals.ts',
        from: 'entries <= MOST_ONE_BY_ONE && !crosses',
        to: 'entries <= MOST_ONE_BY_ONE && typeof crosses === "boolean"',
      },
    ],
    killers: ['packages/storage/test/trim.test.ts'],
  },
  {
    name: 'trim-over-damage',
    removes: 'the range that hides what cannot be read',
    edits: [
      {
        file: 'packages/storage/src/read.ts',
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
        file: 'packages/storage/src/removals.ts',
        from: 'const from = touched.trim?.from ?? unit.first;',
        to: 'const from = unit.first;',
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
    name: 'flush-for-trims',
    removes: 'the patience of flushes for range deletions while compactions do not keep up',
    edits: [
      {
        file: 'packages/rocksdb/native/database/range_deletions.cc',
        from: 'files > usual ? files - usual : 0',
        to: 'files > usual ? usual - usual : 0',
      },
    ],
    killers: ['packages/rocksdb/test/unreadable-files.test.ts'],
  },
  {
    name: 'reclaim-bound',
    removes: 'the bound of the trimmed tables that are remembered until the log is quiet',
    edits: [
      {
        file: 'packages/engine/src/reclaimer.ts',
        from: '} else if (this.#tables >= MOST_TABLES) {',
        to: '} else if (this.#tables < 0) {',
      },
    ],
    killers: ['packages/engine/test/reclaimer.test.ts'],
  },
  {
    name: 'removal-order',
    removes:
      'the end of a run of entries at a trim or drop of their frame, so that they are written after it',
    edits: [
      {
        file: 'packages/storage/src/group-runs.ts',
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
        file: 'packages/storage/src/removals.ts',
        from: 'if (before !== null) unit.restore(before);',
        to: 'void before;',
      },
    ],
    killers: ['packages/storage/test/frames.test.ts'],
  },
  {
    name: 'removal-lane-order',
    removes: 'the place of an append behind the trims of its table that wait for a frame',
    edits: [
      {
        file: 'packages/engine/src/append/removal-lane.ts',
        from: 'refsOf(change).some((ref) => this.#tables.has(keyOf(ref)))',
        to: 'refsOf(change).length === 0',
      },
    ],
    killers: ['packages/engine/test/removals.test.ts'],
  },
  {
    name: 'removal-quota',
    removes: 'the limit of the trims and drops in one frame, which appends to other tables wait for',
    edits: [
      {
        file: 'packages/engine/src/append/frame.ts',
        from: 'const MAX_REMOVALS = 32;',
        to: 'const MAX_REMOVALS = 4000;',
      },
    ],
    killers: ['packages/engine/test/removals.test.ts'],
  },
  {
    name: 'removals-on-full-disk',
    removes: 'the second try of a frame on a full disk, with its trims and drops alone',
    edits: [
      {
        file: 'packages/storage/src/commit.ts',
        from: 'if (mixed) refused.appends = error;\n      return mixed;',
        to: 'void mixed;\n      return false;',
      },
    ],
    killers: ['packages/engine/test/full-disk.test.ts'],
  },
  {
    name: 'removal-floor-after-drop',
    removes: 'what a write knows of the floors that it changes itself',
    edits: [
      {
        file: 'packages/rocksdb/native/database/removals.cc',
        from: 'known == floors_.end() ? readFloor(guard_, metaKey) : known->second',
        to: 'readFloor(guard_, metaKey)',
      },
    ],
    killers: ['packages/rocksdb/test/removals.test.ts'],
  },
  {
    name: 'trimmed-check',
    removes: 'the check of a read that what it goes on with has not been trimmed',
    edits: [
      {
        file: 'packages/storage/src/read.ts',
        from: '  if (found !== from) requireNotTrimmed(context, id, from);\n',
        to: '  void found;\n  void requireNotTrimmed;\n',
      },
    ],
    killers: ['packages/storage/test/read.test.ts', 'test/attacks/concurrency/concurrency.test.ts'],
  },
  {
    name: 'dropped-check',
    removes: 'the check of a read that its table is still the same',
    edits: [
      {
        file: 'packages/storage/src/read.ts',
        from: 'if (native(place, () => context.db.sawDrop(watch))) throw trimmed(context, id, from, 0n);',
        to: 'native(place, () => context.db.sawDrop(watch));',
      },
    ],
    killers: ['packages/storage/test/regression/read-drop.test.ts'],
  },
  {
    name: 'reply-validation',
    removes: 'the check of what a worker answers',
    edits: [
      {
        file: 'packages/codec/src/frame/error-data-shape.ts',
        from: "typeof value.code === 'string' &&\n    typeof value.message === 'string' &&\n    isOptionalString(value.stack)",
        to: 'isOptionalString(value.stack)',
      },
    ],
    killers: ['packages/codec/test/append-reply.test.ts', 'test/fuzz/fuzz.test.ts'],
  },
  {
    name: 'frame-validation',
    removes: 'the check of the lengths in a frame',
    edits: [
      {
        file: 'packages/codec/src/frame/append-frame.ts',
        from: '  checkEntries(frame);\n',
        to: '  void checkEntries;\n',
      },
    ],
    killers: ['packages/codec/test/append-frame-damage.test.ts', 'test/fuzz/fuzz.test.ts'],
  },
  {
    name: 'native-bounds',
    removes: 'the check of the addon that the entries of a write are inside its data',
    edits: [
      {
        file: 'packages/rocksdb/native/database/write_entries.h',
        from: 'if (length > data.size - total) return WriteProblem{"lengths", "as long in all as data"};\n    if (data.data[total] != kVersion)',
        to: 'if (total < data.size && data.data[total] != kVersion)',
      },
      {
        file: 'packages/rocksdb/native/database/write_entries.h',
        from: 'if (total != data.size) return WriteProblem{"lengths", "as long in all as data"};',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/fuzz-write.test.ts', 'packages/rocksdb/test/arguments.test.ts'],
  },
  {
    name: 'order-behind-names',
    removes: 'the order of appends to a table behind one that waits for a name',
    edits: [
      {
        file: 'packages/engine/src/append/naming-queue.ts',
        from: 'return refsOf(append).some((ref) => this.holds(ref));',
        to: 'return false;',
      },
    ],
    killers: ['packages/engine/test/naming-order.test.ts'],
  },
  {
    name: 'close-waits',
    removes: 'the wait of close() for the appends that were accepted',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: 'for (const shard of this.shards) shard.hurry();\n    await this.settled();\n',
        to: 'for (const shard of this.shards) shard.hurry();\n',
      },
    ],
    killers: ['packages/engine/test/close.test.ts', 'test/attacks/model/model.test.ts'],
  },
  {
    name: 'preloads-in-threads',
    removes: "the filter that keeps the application's preloads out of the threads",
    edits: [
      {
        file: 'packages/engine/src/shard/thread-options.ts',
        from: 'if (!PRELOADS.has(name)) return true;',
        to: 'if (PRELOADS.size > 0) return true;',
      },
    ],
    killers: ['packages/engine/test/thread-options.test.ts', 'packages/engine/test/preloads.test.ts'],
  },
  {
    name: 'refused-threads',
    removes:
      'the care for a thread that Node refuses: the task that waits for it rejects a promise that nobody has',
    edits: [
      {
        file: 'packages/engine/src/shard/shard-thread.ts',
        from: 'if (this.#worker !== null) await this.#pool.destroy();',
        to: 'await this.#pool.destroy();',
      },
    ],
    killers: ['packages/engine/test/preloads.test.ts'],
  },
  {
    name: 'reason-of-a-failed-start',
    removes: 'the reason why a thread cannot be started from the error that says so',
    edits: [
      {
        file: 'packages/engine/src/shard/bring-up.ts',
        from: 'return cause instanceof Error ? cause.message : String(cause);',
        to: 'return typeof cause;',
      },
    ],
    killers: ['packages/engine/test/preloads.test.ts'],
  },
  {
    name: 'unknown-outcome',
    removes: 'the doubt about a frame whose thread died: it counts as done',
    edits: [
      {
        file: 'packages/engine/src/shard/shard.ts',
        from: `        this.#lost(life.thread);
        settled(lost('append', error), (change) => lost(change.kind, error));`,
        to: `        this.#lost(life.thread);
        frame.settle({ firsts: new BigUint64Array(frame.appendCount).fill(1n), trims: new BigUint64Array(0), errors: [] });
        settled(null);`,
      },
    ],
    killers: ['packages/engine/test/worker-death.test.ts', 'test/attacks/concurrency/concurrency.test.ts'],
  },
  {
    name: 'whole-before-damage',
    removes: 'the entries that a scan has read before a block that cannot be read',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/scan.cc',
        from: 'guard.endsEarly(*iterator, chunk.entries() > 0)',
        to: 'guard.endsEarly(*iterator, chunk.entries() > UINT32_MAX)',
      },
    ],
    killers: ['packages/storage/test/regression/damaged-block.test.ts'],
  },
  {
    name: 'read-of-unrecoverable',
    removes: 'the reading of a table whose end cannot be read',
    edits: [
      {
        file: 'packages/storage/src/read.ts',
        from: "const UNREADABLE: readonly ErrorCode[] = ['SHALE_CORRUPT', 'SHALE_IO'];",
        to: 'const UNREADABLE: readonly ErrorCode[] = [];',
      },
    ],
    killers: ['packages/storage/test/regression/damaged-block.test.ts'],
  },
  {
    name: 'drop-of-own-table',
    removes: 'the telling of a drop to the reads of its table',
    edits: [
      {
        file: 'packages/rocksdb/native/database/drop_history.h',
        from: 'watches_.at(watch->second).dropped = true;',
        to: 'watches_.at(watch->second).dropped = false;',
      },
    ],
    killers: ['packages/storage/test/regression/read-drop.test.ts'],
  },
  {
    name: 'watch-begins-anew',
    removes: 'that a read does not heed drops which come before it',
    edits: [
      {
        file: 'packages/storage/src/log.ts',
        from: 'native({ path: this.path, table }, () => this.#db.watchAnew(checked));',
        to: '',
      },
    ],
    killers: ['packages/storage/test/regression/read-drop.test.ts'],
  },
  {
    name: 'idle-reads-let-go',
    removes: 'that reads which stand still let go of what they hold',
    edits: [
      {
        file: 'packages/engine/src/read/read-memory.ts',
        from: 'for (const room of [...this.#lent]) if (!room.wasUsed()) room.takeAway();',
        to: 'for (const room of [...this.#lent]) room.wasUsed();',
      },
    ],
    killers: ['packages/engine/test/read-memory.test.ts'],
  },
  {
    name: 'abandoned-reads',
    removes: 'that a read which nobody can continue is collected',
    edits: [
      {
        file: 'packages/engine/src/read/open-reads.ts',
        from: 'this.#reads.set(belongings, new WeakRef(read));',
        to: 'this.#reads.set(belongings, { deref: () => read } as WeakRef<Cuttable>);',
      },
    ],
    killers: ['packages/engine/test/read-memory.test.ts'],
  },
  {
    name: 'go-back',
    removes: 'the reading again of what was taken away before it was used',
    edits: [
      {
        file: 'packages/engine/src/read/chunk-stream.ts',
        from: '    this.#at = at;\n    this.#isAtEnd = false;',
        to: '    if (at === null) this.#isAtEnd = false;',
      },
    ],
    killers: ['packages/engine/test/read-memory.test.ts'],
  },
  {
    name: 'ingest-in-doubt',
    removes: 'the doubt about what a killed ingest wrote, at the end of the next run',
    edits: [
      {
        file: 'packages/cli/src/ingest/checkpointer.ts',
        from: 'this.#tables.inDoubt(ended),',
        to: 'this.#tables.inDoubt(ended).slice(0, 0),',
      },
    ],
    killers: ['packages/cli/test/command/once-only.test.ts'],
  },
  {
    name: 'ingest-ended-early',
    removes: 'the refusal of an input that ends before what was already taken',
    edits: [
      {
        file: 'packages/cli/src/ingest/ingest.ts',
        from: 'if (behind) throw endedEarly(this.#progress, behind);',
        to: 'if (behind && this.#progress.line < 0) throw endedEarly(this.#progress, behind);',
      },
    ],
    killers: ['packages/cli/test/command/once-only.test.ts'],
  },
  {
    name: 'ingest-skipped-part',
    removes: 'the care for the journal when an ingest is stopped on the way to its position',
    edits: [
      {
        file: 'packages/cli/src/ingest/start-point.ts',
        from: `    const next = await chunks.next();
    if (signal.aborted) return undefined;
    if (next.done) throw tooShort(skipped, position.offset);`,
        to: `    const next = await chunks.next();
    if (signal.aborted) return { position, chunks: chain(rest, chunks), fingerprint };
    if (next.done) throw tooShort(skipped, position.offset);`,
      },
    ],
    killers: ['packages/cli/test/command/once-only.test.ts'],
  },
  {
    name: 'reject-file-owner',
    removes: 'the look at whose reject file it is',
    edits: [
      {
        file: 'packages/cli/src/ingest/reject-file.ts',
        from: 'return header.equals(head) && last[0] === LF;',
        to: 'return true;',
      },
    ],
    killers: ['packages/cli/test/command/rejects.test.ts'],
  },
  {
    name: 'heads-of-dropped-tables',
    removes: 'that heads which were listed before a drop are not installed after it',
    edits: [
      {
        file: 'packages/storage/src/recovery.ts',
        from: 'if (mayBeDropped && isDropped(context, head, since)) continue;',
        to: 'if (mayBeDropped && since > U64_LIMIT && isDropped(context, head, since)) continue;',
      },
      {
        file: 'packages/storage/src/recovery.ts',
        from: '/** What opening a region found. */',
        to: 'const U64_LIMIT = 2n ** 64n;\n\n/** What opening a region found. */',
      },
    ],
    killers: ['packages/storage/test/table-states.test.ts'],
  },
  {
    name: 'packed-states',
    removes: 'the state of tables that are not at hand any more',
    edits: [
      {
        file: 'packages/storage/src/table-units.ts',
        from: '      this.#states.set(unit.id, unit);',
        to: '      if (unit.pending !== unit.next) this.#states.set(unit.id, unit);',
      },
    ],
    killers: ['packages/storage/test/table-states.test.ts'],
  },
  {
    name: 'loan-of-the-dead',
    removes: 'that the end of a thread ends what it has lent',
    edits: [
      {
        file: 'packages/rocksdb/native/database/lease.cc',
        from: '  reference_->loans().leave(this);\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/loans.test.ts'],
  },
  {
    name: 'loan-in-use',
    removes: 'that whoever takes tables back waits while they are written',
    edits: [
      {
        file: 'packages/rocksdb/native/database/loans.cc',
        from: '  wait(lock, loan);\n}\n\nvoid Loans::leave',
        to: '}\n\nvoid Loans::leave',
      },
    ],
    killers: ['packages/rocksdb/test/loans.test.ts'],
  },
  {
    name: 'loan-that-is-gone',
    removes: 'that nothing is written with a loan that has ended',
    edits: [
      {
        file: 'packages/storage/src/loan.ts',
        from: 'if (!native({ path }, () => db.useLoan(loan))) return null;',
        to: 'native({ path }, () => db.useLoan(loan));',
      },
    ],
    killers: ['packages/storage/test/loans.test.ts'],
  },
  {
    name: 'joint-order-behind',
    removes: 'that whatever is done to a table follows the joint writes of it',
    edits: [
      {
        file: 'packages/engine/src/joint/lane-tables.ts',
        from: 'return this.#tables.get(keyOf(address));',
        to: 'return undefined;',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'joint-order-before',
    removes: 'that a joint write follows what its tables were given before',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-lane.ts',
        from: 'await Promise.all([...laneTables].map(({ sent }) => sent));',
        to: '',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'joint-unknown',
    removes: 'that a lender recovers its tables when it is not known what became of the write',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-commit.ts',
        from: 'isUnknown ? null : states',
        to: 'isUnknown && lent.length === 0 ? null : states',
      },
    ],
    killers: ['packages/engine/test/joint-deaths.test.ts'],
  },
  {
    name: 'joint-install',
    removes: 'that what was listed before tables had to be forgotten is void',
    edits: [
      { file: 'packages/engine/src/worker/shard-worker.ts', from: '        this.#forgets++;\n', to: '' },
    ],
    killers: ['packages/engine/test/joint-deaths.test.ts'],
  },
  {
    name: 'lent-tables-wait',
    removes: 'that what concerns a lent table waits until it is back',
    edits: [
      {
        file: 'packages/engine/src/worker/holds.ts',
        from: 'for (const id of ids) this.#take(id);\n  }\n\n  /** The tables lent to a loan',
        to: '}\n\n  /** The tables lent to a loan',
      },
    ],
    killers: ['packages/engine/test/holds.test.ts'],
  },
  {
    name: 'whole-appends',
    removes: 'that an append whose payload cannot be copied leaves nothing in its frame',
    edits: [
      {
        file: 'packages/codec/src/frame/append-frame-writer.ts',
        from: `    this.#isOpenUnit = true;
    this.#countAt = -1;`,
        to: `    this.#countAt = -1;`,
      },
    ],
    killers: ['packages/codec/test/append-frame.test.ts'],
  },
  {
    name: 'measured-payloads',
    removes: 'the look at a payload without bytes, which may have lost them',
    edits: [
      {
        file: 'packages/codec/src/payload/measure.ts',
        from: 'if (length === 0) requireInBounds(payload);',
        to: 'if (length < 0) requireInBounds(payload);',
      },
    ],
    killers: ['packages/codec/test/append-frame.test.ts', 'packages/engine/test/hostile-payloads.test.ts'],
  },
  {
    name: 'border-of-the-data',
    removes: 'the border that keeps a payload which has become longer out of what else is in the frame',
    edits: [
      {
        file: 'packages/codec/src/frame/append-frame-writer.ts',
        from: 'this.#data = this.#bytes.subarray(0, border);',
        to: 'this.#data = this.#bytes.subarray(0, border + 2 ** 30);',
      },
    ],
    killers: ['packages/codec/test/append-frame.test.ts'],
  },
  {
    name: 'copies-of-what-waits',
    removes: 'the copy of the payloads of an append that waits for room',
    edits: [
      {
        file: 'packages/engine/src/append/intake.ts',
        from: `    copyPayloads(append);
    this.#wait(`,
        to: '    this.#wait(',
      },
    ],
    killers: ['packages/engine/test/backpressure.test.ts'],
  },
  {
    name: 'promised-room',
    removes: 'the room that ready() sets aside',
    edits: [
      {
        file: 'packages/engine/src/append/flow.ts',
        from: '    this.#promised += cost;\n',
        to: '',
      },
    ],
    killers: ['packages/engine/test/backpressure.test.ts'],
  },
  {
    name: 'aborted-while-waiting',
    removes: 'the look at the signal of an append whose turn has come',
    edits: [
      {
        file: 'packages/engine/src/append/intake.ts',
        from: 'isGone: () => hasAborted(signal),',
        to: 'isGone: () => false,',
      },
    ],
    killers: ['packages/engine/test/backpressure.test.ts'],
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
        file: 'packages/storage/src/commit.ts',
        from: 'this.#units[missing[i] ?? 0] = known ?? unit;',
        to: 'this.#units[missing[i] ?? 0] = unit;',
      },
    ],
    killers: ['packages/storage/test/frames.test.ts', 'packages/storage/test/plain-frames.test.ts'],
  },
  {
    name: 'unwritten-rows',
    removes: 'that nothing is kept of a table that a frame of plain appends found unwritten and left so',
    edits: [
      {
        file: 'packages/storage/src/plain-frames.ts',
        from: 'if (this.#made.length > 0) this.#forgetUnwritten(frame, states);',
        to: 'if (this.#made.length < 0) this.#forgetUnwritten(frame, states);',
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
    name: 'one-backup-at-a-time',
    removes: 'the lock of a directory of backups',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/backup.cc',
        from: 'const int error = lockFile(file_.number(), kind);',
        to: 'const int error = shared ? lockFile(file_.number(), kind) : 0;',
      },
    ],
    killers: ['packages/storage/test/targets.test.ts'],
  },
  {
    name: 'keep-of-one-log',
    removes: 'the look at whose backup it is that is one too many',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/backup.cc',
        from: 'if (info.app_metadata == metadata) ids.push_back(info.backup_id);',
        to: 'ids.push_back(info.backup_id);',
      },
    ],
    killers: ['packages/storage/test/backups.test.ts'],
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
    name: 'repair-lost-trims',
    removes: 'the word that trims may have been in a file that is lost',
    edits: [
      {
        file: 'packages/storage/src/repair/gather.ts',
        from: 'most: old.most, hadTrims: true, message',
        to: 'most: old.most, hadTrims: false, message',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-later-lives',
    removes: 'the look whether an entry of a damaged file was written after its table was dropped',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/table_files.cc',
        from: '} else if (wasThere(deletedAt)) {',
        to: '} else if (deletedAt > 0) {',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'read-only-lacks-files',
    removes: 'the look whether every file opens, when a read-only opening overlooks damage',
    edits: [
      {
        file: 'packages/rocksdb/native/core/read_only.cc',
        from: 'if (status.ok()) status = openEveryFile(options, **out);',
        to: 'static_cast<void>(openEveryFile);',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'tasks-at-once',
    removes: 'that a thread gets what takes a table back behind all that waits for it',
    edits: [
      {
        file: 'packages/engine/src/shard/shard-thread.ts',
        from: 'const TASKS_AT_ONCE = Number.MAX_SAFE_INTEGER;',
        to: 'const TASKS_AT_ONCE = 1024;',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'settled-frames',
    removes: 'that sync and close wait for frames that later ones have gone past',
    edits: [
      {
        file: 'packages/engine/src/append/batcher.ts',
        from: 'if (frames.length === 0) follow();',
        to: 'frames.splice(0, frames.length - 1);\n      if (frames.length === 0) follow();',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'lane-under-way',
    removes: 'that what concerns a table in the joint lane goes there, too',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-lane.ts',
        from: 'return this.#tables.find(address) !== undefined;',
        to: 'return this.#tables.find(address) !== undefined && this.#sent === null;',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'removals-under-way',
    removes: 'that what concerns a table in the lane of trims and drops waits behind them',
    edits: [
      {
        file: 'packages/engine/src/append/removal-lane.ts',
        from: 'return isRemoval(change) || refsOf(change).some((ref) => this.#tables.has(keyOf(ref)));',
        to: 'return isRemoval(change);',
      },
    ],
    killers: ['packages/engine/test/removals.test.ts'],
  },
  {
    name: 'deaths-of-lenders',
    removes: 'that a write begins again when a thread dies that is asked to lend',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-commit.ts',
        from: '    if (isOutcomeUnknown(error)) return null;\n',
        to: '',
      },
    ],
    killers: ['packages/engine/test/joint-deaths.test.ts'],
  },
  {
    name: 'refusals-in-turn',
    removes: 'that the event loop turns before an append is refused',
    edits: [
      {
        file: 'packages/engine/src/turn.ts',
        from: '  afterTurn(settle, result);',
        to: '  settle(result);\n  afterTurn(() => undefined);',
      },
    ],
    killers: ['packages/engine/test/regression/starving-poll.test.ts'],
  },
  {
    name: 'reads-of-one-table',
    removes: 'that a table that cannot be read for want of descriptors fails nothing but what is about it',
    edits: [
      {
        file: 'packages/storage/src/commit.ts',
        from: "new Set(['SHALE_CORRUPT', 'SHALE_NO_RESOURCES', 'SHALE_IO'])",
        to: "new Set(['SHALE_CORRUPT'])",
      },
    ],
    killers: ['packages/engine/test/few-files.test.ts'],
  },
  {
    name: 'floors-of-regions',
    removes: 'the metadata records that a shard gets with the tables of a region',
    edits: [
      {
        file: 'packages/engine/src/region/region-recovery.ts',
        from: 'floors: ownFloors[index] ?? new BigUint64Array(0),',
        to: 'floors: new BigUint64Array(ownFloors.length - shards),',
      },
    ],
    killers: ['packages/engine/test/regions.test.ts'],
  },
  {
    name: 'names-being-dropped',
    removes: 'that appends to a name that is being dropped make it anew',
    edits: [
      {
        file: 'packages/engine/src/catalog/catalog.ts',
        from: "    entry.to({ is: 'dropping', done });\n",
        to: '',
      },
    ],
    killers: ['packages/engine/test/names-model.test.ts', 'packages/engine/test/catalog.test.ts'],
  },
];

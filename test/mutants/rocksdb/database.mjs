/** Mutants of packages/rocksdb: the database that threads share. @type {import('../mutants.mjs').Mutant[]} */
export const database = [
  {
    name: 'marks-of-dropped',
    removes: 'that the drop of a table removes its time marks',
    edits: [
      {
        file: 'packages/rocksdb/native/database/removals.cc',
        from: '    removeRecords(TableRecordKeys(prefix, kMarkKeyType));\n',
        to: '',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'positions-of-dropped',
    removes: 'that the drop of a table removes the positions of its consumers',
    edits: [
      {
        file: 'packages/rocksdb/native/database/removals.cc',
        from: '    removeRecords(PositionKeys(prefix));\n',
        to: '',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'positions-beside-a-drop',
    removes: 'that a drop removes the positions that the same frame has moved before it',
    edits: [
      {
        file: 'packages/rocksdb/native/database/removals.cc',
        from: 'if (besidePositions_ || records->Valid()',
        to: 'if (records->Valid()',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'ids-of-dropped',
    removes: 'that the drop of a table removes the ids of its appends',
    edits: [
      {
        file: 'packages/rocksdb/native/database/removals.cc',
        from: '    removeRecords(AppendIdKeys(prefix));\n',
        to: '',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'fetched-drop',
    removes: 'that a read beside the shards is told of a drop of its table',
    edits: [
      {
        file: 'packages/rocksdb/native/database/fetch.cc',
        from: 'fetched.dropped = dropped.value_or(true);',
        to: 'fetched.dropped = false;',
      },
    ],
    killers: ['packages/rocksdb/test/fetch.test.ts', 'packages/engine/test/regression/read-drop.test.ts'],
  },
  {
    name: 'kept-scan-of-removed',
    removes: 'that a read which goes on looks again when something was removed',
    edits: [
      {
        file: 'packages/rocksdb/native/database/kept_scans.cc',
        from: ' || scan->state.removals != removals_',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/kept-scans.test.ts'],
  },
  {
    name: 'peek-at-dropped',
    removes: 'that a look at what was just appended is told of a drop of its table',
    edits: [
      {
        file: 'packages/rocksdb/native/database/fetch.cc',
        from: 'if (database.dropHistory().dropped(watch).value_or(true)) return std::nullopt;',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/fetch.test.ts'],
  },
  {
    name: 'old-files-in-cache',
    removes: 'that old table files leave the page cache',
    edits: [
      {
        file: 'packages/rocksdb/native/database/recent_files.cc',
        from: 'while (bytes_ > mostBytes_) {',
        to: 'while (bytes_ == mostBytes_ + 1) {',
      },
    ],
    killers: ['packages/rocksdb/test/recent-files.test.ts'],
  },
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
    removes: 'what goes wrong while RocksDB is reopened',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '  health_->begin(full);\n  try {\n',
        to: '  try {\n',
      },
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: 'noteOpened();\n  } catch',
        to: 'noteOpened();\n    health_->begin(full);\n  } catch',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'full-after-reopening',
    removes: 'the full disk of a database that could not be reopened for want of room',
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
    removes: 'the latch of a database that could not be reopened',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '      health_->poison("reopening the database failed: " + error.message);\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'reads-after-reopening',
    removes: 'the reads of a database that could not be reopened for writing',
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
    name: 'reads-beside-damage',
    removes: 'the files that reads leave out which have nothing of what they look for, when one is damaged',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '  if (ranges != nullptr) options.table_filter = FileRanges::filter(ranges, range);\n',
        to: '',
      },
    ],
    killers: ['packages/storage/test/regression/first-block.test.ts'],
  },
  {
    name: 'lock-beside-children',
    removes:
      'the letting go of a lock by itself, which a child process that is being started would hold on to',
    edits: [
      {
        file: 'packages/rocksdb/native/database/writer_lock.cc',
        from: '  unlockFile(file_.number());\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/writer-lock.test.ts'],
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
    name: 'passes-above-passes',
    removes: 'that a pass leaves alone what earlier ones have left, as long as a level is empty',
    edits: [
      {
        file: 'packages/rocksdb/native/database/pass_plan.cc',
        from: 'levels[1].files.empty() ? plan.bytes / kNegligible : plan.bytes',
        to: 'levels[1].files.empty() ? plan.bytes * kNegligible : plan.bytes',
      },
    ],
    killers: ['packages/rocksdb/test/passes.test.ts'],
  },
  {
    name: 'passes-when-quiet',
    removes: 'the passes over a log that is hardly written to',
    edits: [
      {
        file: 'packages/rocksdb/native/database/passes.cc',
        from: 'pace_->written() - before < kQuietBytes',
        to: 'pace_->written() - before > kQuietBytes',
      },
    ],
    killers: ['packages/rocksdb/test/passes.test.ts'],
  },
  {
    name: 'files-end-with-tables',
    removes: 'the ends of files between tables, so that trims and drops empty whole ones',
    edits: [
      {
        file: 'packages/rocksdb/native/database/options.cc',
        from: '    options.sst_partitioner_factory = makeTablePartitions(targetFileSizeBase);\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/passes.test.ts'],
  },
  {
    name: 'damage-ends-passes',
    removes: 'the end of passes, and of the limits of level 0, at a file that cannot be read',
    edits: [
      {
        file: 'packages/rocksdb/native/database/unreadable_files.cc',
        from: '  metDamage_ = true;\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/unreadable-files.test.ts'],
  },
  {
    name: 'passes-before-full',
    removes: 'the passes that come while the disk has room for them',
    edits: [
      {
        file: 'packages/rocksdb/native/database/passes.cc',
        from: 'if (level0_ >= trigger_ || tight_) return true;',
        to: 'if (level0_ >= trigger_) return true;',
      },
    ],
    killers: ['packages/rocksdb/test/full-disk.test.ts'],
  },
  {
    name: 'pace-of-flushes',
    removes: 'the waiting of writes for flushes, before RocksDB stops them all',
    edits: [
      {
        file: 'packages/rocksdb/native/database/write_pace.cc',
        from: 'flushing_ = isAlone && flushSpeed_ > 0;',
        to: 'flushing_ = isAlone && flushSpeed_ < 0;',
      },
    ],
    killers: ['packages/rocksdb/test/write-pace.test.ts'],
  },
  {
    name: 'pace-of-passes',
    removes: 'the waiting of writes for passes',
    edits: [
      {
        file: 'packages/rocksdb/native/database/write_pace.cc',
        from: '  level0_ = files;\n',
        to: '  level0_ = files > 1000000 ? files : 0;\n',
      },
    ],
    killers: ['packages/rocksdb/test/write-pace.test.ts'],
  },
  {
    name: 'kept-scans-unbounded',
    removes: 'the bound on what reads keep from one chunk to the next',
    edits: [
      {
        file: 'packages/rocksdb/native/database/kept_scans.cc',
        from: '(files_ > mostFiles_ && kept_.size() > 1)',
        to: '(files_ > mostFiles_ * 1000 && kept_.size() > 1)',
      },
    ],
    killers: ['packages/rocksdb/test/kept-scans.test.ts'],
  },
  {
    name: 'deletions-in-the-way',
    removes: 'the thread that deletes table files for those that flush and make passes',
    edits: [
      {
        file: 'packages/rocksdb/native/database/file_deletions.cc',
        from: 'if (!isTableFile(path)) return',
        to: 'if (!path.empty()) return',
      },
    ],
    killers: ['packages/rocksdb/test/failing-disk.test.ts'],
  },
  {
    name: 'open-without-flush',
    removes: 'the opening that needs no room for what is in the logs',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: '    status = open(Opening::kLight, createIfMissing);\n',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/full-disk.test.ts'],
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
    name: 'one-backup-at-a-time',
    removes: 'the lock of a directory of backups',
    edits: [
      {
        file: 'packages/rocksdb/native/database/backups.cc',
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
        file: 'packages/rocksdb/native/database/backups.cc',
        from: 'if (info.app_metadata == metadata) ids.push_back(info.backup_id);',
        to: 'ids.push_back(info.backup_id);',
      },
    ],
    killers: ['packages/storage/test/backups.test.ts'],
  },
  {
    name: 'flush-on-full-disk',
    removes: 'the opening that keeps in memory what the logs hold, for want of room to flush it',
    edits: [
      {
        file: 'packages/rocksdb/native/database/database.cc',
        from: 'if (!readOnly_ && isNoSpace(status)) {',
        to: 'if (!readOnly_ && false) {',
      },
    ],
    killers: ['packages/rocksdb/test/full-disk.test.ts'],
  },
];

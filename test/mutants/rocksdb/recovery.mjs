/** Mutants of packages/rocksdb: what is done before RocksDB opens. @type {import('../mutants.mjs').Mutant[]} */
export const recovery = [
  {
    name: 'later-watermark',
    removes: 'the refusal of a watermark that a later version of Shale has written',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/watermark.cc',
        from: 'if (versionOf(bytes) > kFileVersion) throwLater(',
        to: 'if (versionOf(bytes) > kFileVersion + 1) throwLater(',
      },
    ],
    killers: ['test/versions.test.ts'],
  },
  {
    name: 'end-of-recycled-log',
    removes: 'telling a damaged record from the end of a recycled log',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/log_reader.cc',
        from: 'if (whole && !plain_) return end();',
        to: 'if (whole || !whole) return end();',
      },
    ],
    killers: ['test/recovery.test.ts'],
  },
  {
    name: 'torn-first-record',
    removes: 'the emptying of a log that begins with a torn record',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/mending.cc',
        from: 'if (nothing && file.bytes > 0) cut(',
        to: 'if (nothing && file.bytes == 0) cut(',
      },
    ],
    killers: ['test/recovery.test.ts'],
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
    name: 'half-a-watermark',
    removes:
      'the doubt whether a watermark of which one place is damaged is the newest, when a log is repaired',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/survey.cc',
        from: 'mark.alone && sameKernel',
        to: 'mark.alone && !sameKernel',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
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
    name: 'repair-later-lives',
    removes: 'the look whether an entry of a damaged file was written after its table was dropped',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/table_file_rewrite.cc',
        from: '} else if (wasThere(deletedAt)) {',
        to: '} else if (deletedAt > 0) {',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-files-of-one-compaction',
    removes: 'the files in level 0 without sequences, so that those of one compaction can be there',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/gathered_files.cc',
        from: 'in level 0.\n    appendNumber(0, &edit);\n    appendNumber(0, &edit);',
        to: 'in level 0.\n    appendNumber(0, &edit);\n    appendNumber(number, &edit);',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-values-in-blob-files',
    removes: 'the values in blob files that cannot be read, which would keep a repair from all else',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/gathered_files.cc',
        from: '  if (!hasBlobs) return {};',
        to: '  if (hasBlobs || !hasBlobs) return {};',
      },
    ],
    killers: ['test/foreign.test.ts'],
  },
  {
    name: 'repair-hides-what-was-trimmed',
    removes: 'the look which records are newer than the deletion of their range, when files are put together',
    edits: [
      {
        file: 'packages/rocksdb/native/recovery/gathered_files.cc',
        from: 'if (version.sequence > deletedAt) end(&run);',
        to: 'if (version.sequence == 0) end(&run);',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
];

/** Mutants of packages/rocksdb: the native calls. @type {import('../mutants.mjs').Mutant[]} */
export const calls = [
  {
    name: 'peek-at-disk',
    removes: 'that a look for one entry never waits for a disk',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/fetch.cc',
        from: 'options.read_tier = rocksdb::kBlockCacheTier;',
        to: 'options.read_tier = rocksdb::kReadAllTier;',
      },
    ],
    killers: ['packages/rocksdb/test/fetch.test.ts'],
  },
  {
    name: 'compaction-beside-resume',
    removes: 'the going on of a compaction that resume() had ended',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/admin.cc',
        from: 'if (status.IsIncomplete() && !database.cancelled()) continue;',
        to: '',
      },
    ],
    killers: ['packages/rocksdb/test/full-disk.test.ts'],
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
    name: 'whole-before-damage',
    removes: 'the entries that a scan has read before a block that cannot be read',
    edits: [
      {
        file: 'packages/rocksdb/native/calls/scan.cc',
        from: 'guard.endsEarly(*iterator, chunk.entries > 0)',
        to: 'guard.endsEarly(*iterator, chunk.entries > UINT32_MAX)',
      },
    ],
    killers: ['packages/storage/test/regression/damaged-block.test.ts'],
  },
];

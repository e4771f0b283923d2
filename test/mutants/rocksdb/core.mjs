/** Mutants of packages/rocksdb: the foundations of the native code. @type {import('../mutants.mjs').Mutant[]} */
export const core = [
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
];

/** Mutants of packages/rocksdb: what JavaScript does around the addon. @type {import('../mutants.mjs').Mutant[]} */
export const packageFiles = [
  {
    name: 'answers-of-an-ending-thread',
    removes: 'that a thread that is being ended takes nothing for an answer of the addon',
    edits: [
      {
        file: 'packages/rocksdb/src/ending-thread.ts',
        from: 'if (answer === undefined) Atomics.wait(NEVER, 0, 0, MOMENT_MS);',
        to: 'if (answer === undefined) Atomics.wait(NEVER, 0, 0, Math.min(MOMENT_MS, 0));',
      },
    ],
    killers: ['packages/rocksdb/test/ending-thread.test.ts'],
  },
  {
    name: 'bundle-of-commonjs',
    removes: 'that a bundle which does not know its own place finds the packages',
    edits: [
      {
        file: 'packages/rocksdb/src/installed.ts',
        from: 'if (from === undefined) continue;',
        to: 'if (from === undefined || from !== url) continue;',
      },
    ],
    killers: ['packages/engine/test/bundled.test.ts'],
  },
  {
    name: 'dependency-of-dependency',
    removes: 'that the addon is found where an application can import @shale/engine alone',
    edits: [
      {
        file: 'packages/rocksdb/src/installed.ts',
        from: 'throughChain(name, from) ?? dependency(name, from)',
        to: "dependency(name, from) ?? throughChain('none', from)",
      },
    ],
    killers: ['packages/engine/test/bundled.test.ts'],
  },
  {
    name: 'memory-of-container',
    removes: 'that the defaults keep to the memory of a container',
    edits: [
      {
        file: 'packages/rocksdb/src/memory-limit.ts',
        from: 'limit < machine ? limit : machine',
        to: 'limit < machine ? machine : machine',
      },
    ],
    killers: ['packages/engine/test/container.test.ts'],
  },
];

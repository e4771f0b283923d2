/** Mutants of packages/storage: reads, lists and names. @type {import('../mutants.mjs').Mutant[]} */
export const read = [
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
];

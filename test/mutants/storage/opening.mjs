/** Mutants of packages/storage: opening, and the file system below. @type {import('../mutants.mjs').Mutant[]} */
export const opening = [
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
];

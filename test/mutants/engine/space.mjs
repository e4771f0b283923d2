/** Mutants of packages/engine: reads, and giving space back. @type {import('../mutants.mjs').Mutant[]} */
export const space = [
  {
    name: 'disk-budget',
    removes: 'that entries are refused which a disk budget has no room for',
    edits: [
      {
        file: 'packages/engine/src/disk-budget.ts',
        from: 'this.#error = this.#overBudget(options);\n      // One',
        to: '// One',
      },
    ],
    killers: ['packages/engine/test/disk-budget.test.ts'],
  },
  {
    name: 'disk-budget-for-ever',
    removes: 'that entries are let in again when a disk budget has room',
    edits: [
      {
        file: 'packages/engine/src/disk-budget.ts',
        from: 'if (this.#limit - this.#accepted > budgetBytes * ROOM) this.#error = null;',
        to: '',
      },
    ],
    killers: ['packages/engine/test/disk-budget.test.ts'],
  },
  {
    name: 'retention-of-dropped',
    removes: 'that a table which is dropped meanwhile is not trimmed by what was found of it before',
    edits: [
      {
        file: 'packages/engine/src/retention-enforcer.ts',
        from: 'if (round.isVoid || round.tables.has(tableKey(id)) || !this.#mayTrim) {',
        to: 'if (!this.#mayTrim) {',
      },
    ],
    killers: ['packages/engine/test/retention.test.ts'],
  },
  {
    name: 'reads-behind-writes',
    removes: 'that a read does not wait for the thread of the shard',
    edits: [
      {
        file: 'packages/engine/src/read/table-chunks.ts',
        from: 'if (!strict && !reverse && !this',
        to: 'if (strict && !reverse && !this',
      },
    ],
    killers: ['packages/engine/test/reads-beside-writes.test.ts'],
  },
  {
    name: 'points-without-turn',
    removes: 'the turn of the event loop after many entries that were in memory',
    edits: [
      {
        file: 'packages/engine/src/read/peek-budget.ts',
        from: 'return this.#left <= 0;',
        to: 'return this.#left === Number.NaN;',
      },
    ],
    killers: ['packages/engine/test/get.test.ts'],
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
    name: 'reclaim-when-busy',
    removes: 'the looks at what compactions are worth in a log that is never quiet',
    edits: [
      {
        file: 'packages/engine/src/reclaimer.ts',
        from: '!(isQuiet || isOverdue)',
        to: '!(isQuiet || (isOverdue && isQuiet))',
      },
    ],
    killers: ['packages/engine/test/reclaimer.test.ts'],
  },
  {
    name: 'reclaim-looks-once',
    removes: 'the memory of what whole files have been looked for',
    edits: [{ file: 'packages/engine/src/reclaimer.ts', from: 'this.#fresh.clear();', to: '' }],
    killers: ['packages/engine/test/reclaimer.test.ts'],
  },
  {
    name: 'reclaim-of-drops',
    removes: 'the giving back of what a dropped table held',
    edits: [{ file: 'packages/engine/src/reclaimer.ts', from: 'this.#note(id, U64_MAX);', to: '' }],
    killers: ['packages/engine/test/reclaimer.test.ts', 'packages/engine/test/space.test.ts'],
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
        to: 'this.#reads.set(belongings, { deref: () => read } as WeakRef<Abortable>);',
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
    name: 'reclaim-rest',
    removes: 'the rest after a reclaim that took long',
    edits: [
      {
        file: 'packages/engine/src/reclaimer.ts',
        from: 'Math.max(SOON_MS, this.#restMs)',
        to: 'Math.max(SOON_MS, this.#restMs * 0)',
      },
    ],
    killers: ['packages/engine/test/reclaimer.test.ts'],
  },
];

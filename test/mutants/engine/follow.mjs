/** Mutants of packages/engine: following. @type {import('../mutants.mjs').Mutant[]} */
export const follow = [
  {
    name: 'waits-keep-nothing-running',
    removes: 'that a process keeps running while it waits for entries',
    edits: [
      {
        file: 'packages/engine/src/keep-running.ts',
        from: '  if (waits++ === 0) timer.ref();\n',
        to: '  waits++;\n',
      },
    ],
    killers: ['packages/engine/test/keeps-running.test.ts'],
  },
  {
    name: 'repeat-that-is-told',
    removes: 'that followers are not told of an append that was in already',
    edits: [
      {
        file: 'packages/engine/src/followed/outline-events.ts',
        from: '  for (let i = 0; i < reply.repeats.length; i += 2) passed.add(reply.repeats[i] ?? 0);\n',
        to: '',
      },
    ],
    killers: ['packages/engine/test/outline-events.test.ts'],
  },
  {
    name: 'prefix-guessed',
    removes: 'that nothing of a table is given before it is known whether its name has the prefix',
    edits: [
      {
        file: 'packages/engine/src/follow/wide-follow.ts',
        from: 'isHeld: this.#names !== null,',
        to: 'isHeld: false,',
      },
    ],
    killers: ['packages/engine/test/prefix.test.ts'],
  },
  {
    name: 'durable-others-sync',
    removes: 'that a wait for durability ends by a sync of another WAL of the database',
    edits: [
      {
        file: 'packages/engine/src/followed/durable-release.ts',
        from: 'else this.#lookLater();',
        to: 'else this.#look ??= null;',
      },
    ],
    killers: ['packages/engine/test/durable.test.ts'],
  },
  {
    name: 'durable-drop',
    removes: 'that a wait for durability ends when a table without entries is dropped',
    edits: [
      {
        file: 'packages/engine/src/followed/followed-table.ts',
        from: 'this.drops++;',
        to: 'if (this.tail > 0n) this.drops++;',
      },
    ],
    killers: ['packages/engine/test/durable.test.ts'],
  },
  {
    name: 'durable-given-up',
    removes: 'that waits which were given up are not counted any more once they are taken out',
    edits: [
      {
        file: 'packages/engine/src/followed/durable-waits.ts',
        from: 'this.#givenUp -= count - taken.length;',
        to: 'this.#givenUp -= 0;',
      },
    ],
    killers: ['packages/engine/test/durable-given-up.test.ts'],
  },
  {
    name: 'follow-announcement',
    removes: 'that a follow is told when a frame is in',
    edits: [
      {
        file: 'packages/engine/src/followed/followed-tables.ts',
        from: 'for (const table of changed) table.tell();',
        to: 'changed.clear();',
      },
    ],
    killers: ['packages/engine/test/follow.test.ts'],
  },
  {
    name: 'follow-durable',
    removes: 'that a follow shows only what is on stable storage',
    edits: [
      {
        file: 'packages/engine/src/follow/cursor.ts',
        from: 'this.#parts.options.isDurable ? this.table.durable',
        to: 'this.#parts.options.isDurable ? this.table.tail',
      },
    ],
    killers: ['packages/engine/test/follow.test.ts'],
  },
  {
    name: 'follow-release',
    removes: 'that entries are held back until a sync that came after them',
    edits: [
      {
        file: 'packages/engine/src/followed/durable-release.ts',
        from: 'mark.at > synced',
        to: 'mark.at < 0n',
      },
    ],
    killers: ['packages/engine/test/follow.test.ts'],
  },
  {
    name: 'follow-last-entry',
    removes: 'the sync that is asked for when none comes',
    edits: [
      {
        file: 'packages/engine/src/followed/durable-release.ts',
        from: 'if (within > 0) this.#syncWithin(within);',
        to: 'if (within < 0) this.#syncWithin(within);',
      },
    ],
    killers: ['packages/engine/test/follow.test.ts'],
  },
  {
    name: 'follow-lost-frame',
    removes: 'the look-up of what a thread had under way when it died',
    edits: [
      {
        file: 'packages/engine/src/followed/followed-tables.ts',
        from: 'if (table !== undefined) this.lookingUp(this.#lookUp(table));',
        to: 'if (table === null) this.lookingUp(this.#lookUp(table));',
      },
    ],
    killers: ['packages/engine/test/follow.test.ts'],
  },
  {
    name: 'follow-drop',
    removes: 'that a follow is told of the drop of a table that it had not come to the end of',
    edits: [
      {
        file: 'packages/engine/src/followed/followed-table.ts',
        from: 'this.epoch++;',
        to: 'this.epoch += 0;',
      },
    ],
    killers: ['packages/engine/test/follow.test.ts'],
  },
  {
    name: 'durable-when-it-is',
    removes: 'that durable() waits for stable storage, and not for the acknowledgement',
    edits: [
      {
        file: 'packages/engine/src/followed/durable-waits.ts',
        from: 'const { drops, isSettled, durable } = this.#table;',
        to: 'const { drops, isSettled, tail: durable } = this.#table;',
      },
    ],
    killers: ['packages/engine/test/durable.test.ts'],
  },
  {
    name: 'durable-of-the-dropped',
    removes: 'that durable() fails when the table is dropped',
    edits: [
      {
        file: 'packages/engine/src/followed/durable-waits.ts',
        from: `      this.fail(this.#dropped());
      return;`,
        to: `      for (const wait of this.#waits.splice(0)) wait.resolve();
      this.#leave();
      if (epoch < 0) this.fail(this.#dropped());
      return;`,
      },
    ],
    killers: ['packages/engine/test/durable.test.ts'],
  },
];

/** Mutants of packages/storage: ids of appends. @type {import('../mutants.mjs').Mutant[]} */
export const appendIds = [
  {
    name: 'ids-forgotten-too-early',
    removes:
      'that an id is forgotten when so many entries have come after it as the window says, and not before',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'behind < window.entries',
        to: 'behind + 1 < window.entries',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-removed-too-early',
    removes: 'that only ids which are forgotten are removed',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'if (isLast || this.isWithin(row, window, now)) break;',
        to: 'if (isLast || now.time < 0) break;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-never-removed',
    removes: 'that ids which are forgotten are removed',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'return before === null ? null : this.#firstOf(before);',
        to: 'return before === null || before >= 0 ? null : this.#firstOf(before);',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-removed-with-half-a-record',
    removes: 'that a record stays as long as one of its ids is within the window',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'return before === null ? null : this.#firstOf(before);',
        to: 'return before === null ? null : this.#firstOf(record);',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-of-a-failed-write',
    removes: 'that what a frame has added is unknown when the frame is not in',
    edits: [
      {
        file: 'packages/storage/src/append-ids/table-ids.ts',
        from: 'for (let row = rows.end; row !== this.#mark; ) {',
        to: 'for (let row = this.#mark; row !== this.#mark; ) {',
      },
    ],
    killers: ['packages/storage/test/table-ids.test.ts'],
  },
  {
    name: 'ids-by-their-hash',
    removes: 'that ids with the same hash are two',
    edits: [
      {
        file: 'packages/storage/src/append-ids/id-rows.ts',
        from: 'if (bytes[(from + i) & mask] !== ids[idAt + i]) return false;',
        to: 'if ((bytes[(from + i) & mask] ?? 0) + (ids[idAt + i] ?? 0) < 0) return false;',
      },
    ],
    killers: ['packages/storage/test/table-ids.test.ts'],
  },
  {
    name: 'ids-of-a-loan',
    removes: 'that the owner of a table hears of the ids that another log has written for it',
    edits: [
      {
        file: 'packages/storage/src/append-ids/known-ids.ts',
        from: 'if (table !== undefined) table.isStale = true;',
        to: 'if (table !== undefined) table.isStale = false;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'ids-before-a-drop',
    removes: 'that the ids of a table are gone once another log has dropped it',
    edits: [
      {
        file: 'packages/storage/src/append-ids/known-ids.ts',
        from: 'if (!this.#home.db.sawDrop(table.watch)) return table;',
        to: 'if (table.counted >= 0 || !this.#home.db.sawDrop(table.watch)) return table;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
];

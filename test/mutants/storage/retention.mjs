/** Mutants of packages/storage: retention and the space it gives back. @type {import('../mutants.mjs').Mutant[]} */
export const retention = [
  {
    name: 'age-of-what-is-new',
    removes: 'that the age of an entry is told by a mark that is not behind it',
    edits: [
      {
        file: 'packages/storage/src/retention/time-marks.ts',
        from: 'if (mark.sequence <= sequence) found = mark.ms;',
        to: 'found = mark.ms;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'disk-budget-of-others',
    removes: 'that only tables which yield to a disk budget lose entries to it',
    edits: [
      {
        file: 'packages/storage/src/retention/yielding.ts',
        from: 'if (retention?.yieldsToDisk === true) found.push(head);',
        to: 'if (retention !== null) found.push(head);',
      },
    ],
    killers: ['packages/engine/test/disk-budget.test.ts'],
  },
  {
    name: 'marks-of-a-failed-frame',
    removes: 'that what a frame did to marks is forgotten when it has failed',
    edits: [
      {
        file: 'packages/storage/src/retention/table-watch.ts',
        from: 'if (!written) this.#changed.forEach(forgetMarks);',
        to: 'void written;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'marks-read-at-each-trim',
    removes: 'that the first marks of a table are kept in memory',
    edits: [
      {
        file: 'packages/storage/src/retention/known-marks.ts',
        from: 'const HEAD = 4;',
        to: 'const HEAD = 0;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'marks-read-in-frames',
    removes: 'that frames read marks for a small part of the time',
    edits: [
      {
        file: 'packages/storage/src/retention/reading-time.ts',
        from: 'if (before < this.#restsUntil) return null;',
        to: '',
      },
    ],
    killers: ['packages/storage/test/known-marks.test.ts'],
  },
  {
    name: 'reclaim-of-what-is-there',
    removes: 'that no file is dropped before the range it lies in was seen to be empty',
    edits: [
      {
        file: 'packages/storage/src/space/trimmed-range.ts',
        from: '(state.last >= end && state.first > end)',
        to: 'state.last >= end',
      },
    ],
    killers: ['packages/storage/test/trim.test.ts'],
  },
  {
    name: 'retention-wrong-floor',
    removes: 'that retention waits for the consumer that is furthest behind',
    edits: [
      {
        file: 'packages/storage/src/retention/holders.ts',
        from: 'if (least === null || position < least) least = position;',
        to: 'if (least === null || position > least) least = position;',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'retention-new-consumer',
    removes: 'that retention waits for a consumer that has no position in a table yet',
    edits: [
      {
        file: 'packages/storage/src/retention/holders.ts',
        from: 'if (targets(target, id, (of) => nameOfTable(this.#home, of))) yield { consumer, position: 0n };',
        to: '',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts', 'packages/engine/test/retention.test.ts'],
  },
  {
    name: 'mark-clock-back',
    removes: 'that time marks ascend with the sequences when the clock is put back',
    edits: [
      {
        file: 'packages/storage/src/retention/time-marks.ts',
        from: 'marks.filter(({ ms }) => ms < mark.ms)',
        to: '[...marks]',
      },
    ],
    killers: ['packages/storage/test/retention.test.ts'],
  },
  {
    name: 'damage-at-once',
    removes: 'the wait for the name of the damaged file, before a compaction that was asked for fails',
    edits: [
      {
        file: 'packages/storage/src/space/compaction.ts',
        from: 'await untilTold(db, before, error.message);',
        to: 'void [untilTold, before];',
      },
    ],
    killers: ['packages/storage/test/compact-damage.test.ts'],
  },
  {
    name: 'reclaim-worth',
    removes: 'the share of trimmed entries that a file must have to be compacted for them',
    edits: [
      {
        file: 'packages/storage/src/space/reclaim-plan.ts',
        from: 'if (gain === 0 || gain < unit.cost * minRatio) continue;',
        to: 'if (gain === 0) continue;',
      },
      {
        file: 'packages/storage/src/space/reclaim-plan.ts',
        from: 'if (gain < (cost + along) * minRatio) return [];',
        to: 'if (gain < (cost + along) * minRatio * 0) return [];',
      },
    ],
    killers: ['packages/storage/test/reclaim-plan.test.ts', 'packages/engine/test/space.test.ts'],
  },
];

/** Mutants of packages/engine: what is taken in. @type {import('../mutants.mjs').Mutant[]} */
export const intake = [
  {
    name: 'disk-budget-positions',
    removes: 'that the positions of consumers are stored while a disk budget is used up',
    edits: [
      {
        file: 'packages/engine/src/intake/intake.ts',
        from: 'if (append.entries === append.moves && append.entries > 0) return null;',
        to: '',
      },
    ],
    killers: ['packages/engine/test/disk-budget.test.ts'],
  },
  {
    name: 'trim-told',
    removes: 'that `shale:trim` tells of a trim',
    edits: [
      {
        file: 'packages/engine/src/intake/trim.ts',
        from: 'if (events.isHeard &&',
        to: 'if (!events.isHeard &&',
      },
    ],
    killers: ['packages/engine/test/metrics.test.ts'],
  },
  {
    name: 'drop-told',
    removes: 'that `shale:trim` tells of a drop',
    edits: [
      {
        file: 'packages/engine/src/table.ts',
        from: 'if (trimEvents.isHeard)',
        to: 'if (!trimEvents.isHeard)',
      },
    ],
    killers: ['packages/engine/test/metrics.test.ts'],
  },
  {
    name: 'exclusive-writer',
    removes: 'the look-up of what an exclusive writer has sent to a thread that died',
    edits: [
      {
        file: 'packages/engine/src/writer/table-writer.ts',
        from: 'if (last === end) this.#answered',
        to: 'if (last === end + 1n) this.#answered',
      },
    ],
    killers: ['packages/engine/test/writer.test.ts'],
  },
  {
    name: 'booked-behind-names',
    removes:
      'that a trim or drop gives back what it has booked when the name that it waits for cannot be looked up',
    edits: [
      {
        file: 'packages/engine/src/intake/intake.ts',
        from: '        flow.release(cost);\n        step.fail(error);',
        to: '        step.fail(error);',
      },
    ],
    killers: ['packages/engine/test/naming-order.test.ts'],
  },
  {
    name: 'name-in-errors',
    removes: "the table's name in what a shard says of it",
    edits: [
      {
        file: 'packages/engine/src/table-name.ts',
        from: 'if (name === null) return error;',
        to: 'if (name !== undefined) return error;',
      },
    ],
    killers: ['packages/engine/test/named-errors.test.ts'],
  },
  {
    name: 'fsync-of-neighbours',
    removes: 'the durability of an append that shares its frame with ones that need none',
    edits: [
      {
        file: 'packages/engine/src/frames/frame.ts',
        from: 'if (change.sync) this.#sync = true;',
        to: 'this.#sync = change.sync && this.#changes.length === 1;',
      },
    ],
    killers: ['packages/engine/test/failing-sync.test.ts'],
  },
  {
    name: 'removal-lane-order',
    removes: 'the place of an append behind the trims of its table that wait for a frame',
    edits: [
      {
        file: 'packages/engine/src/frames/removal-lane.ts',
        from: 'refsOf(change).some((ref) => this.#tables.has(ref.address))',
        to: 'refsOf(change).length === 0',
      },
    ],
    killers: ['packages/engine/test/removals.test.ts'],
  },
  {
    name: 'removal-quota',
    removes: 'the limit of the trims and drops in one frame, which appends to other tables wait for',
    edits: [
      {
        file: 'packages/engine/src/frames/frame.ts',
        from: 'const MAX_REMOVALS = 32;',
        to: 'const MAX_REMOVALS = 4000;',
      },
    ],
    killers: ['packages/engine/test/removals.test.ts'],
  },
  {
    name: 'order-behind-names',
    removes: 'the order of appends to a table behind one that waits for a name',
    edits: [
      {
        file: 'packages/engine/src/intake/naming-queue.ts',
        from: 'return append.refs().some((ref) => this.holds(ref));',
        to: 'return false;',
      },
    ],
    killers: ['packages/engine/test/naming-order.test.ts'],
  },
  {
    name: 'copies-of-what-waits',
    removes: 'the copy of the payloads of an append that waits for room',
    edits: [
      {
        file: 'packages/engine/src/intake/intake.ts',
        from: `    append.copyPayloads();
    this.#wait(`,
        to: '    this.#wait(',
      },
    ],
    killers: ['packages/engine/test/backpressure.test.ts'],
  },
  {
    name: 'promised-room',
    removes: 'the room that ready() sets aside',
    edits: [
      {
        file: 'packages/engine/src/intake/flow.ts',
        from: '    this.#promised += cost;\n',
        to: '',
      },
    ],
    killers: ['packages/engine/test/backpressure.test.ts'],
  },
  {
    name: 'aborted-while-waiting',
    removes: 'the look at the signal of an append whose turn has come',
    edits: [
      {
        file: 'packages/engine/src/intake/intake.ts',
        from: 'isGone: () => hasAborted(signal),',
        to: 'isGone: () => false,',
      },
    ],
    killers: ['packages/engine/test/backpressure.test.ts'],
  },
  {
    name: 'settled-frames',
    removes: 'that sync and close wait for frames that later ones have gone past',
    edits: [
      {
        file: 'packages/engine/src/frames/batcher.ts',
        from: 'if (frames.length === 0) follow();',
        to: 'frames.splice(0, frames.length - 1);\n      if (frames.length === 0) follow();',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'removals-under-way',
    removes: 'that what concerns a table in the lane of trims and drops waits behind them',
    edits: [
      {
        file: 'packages/engine/src/frames/removal-lane.ts',
        from: 'return isRemoval(change) || refsOf(change).some((ref) => this.#tables.has(ref.address));',
        to: 'return isRemoval(change);',
      },
    ],
    killers: ['packages/engine/test/removals.test.ts'],
  },
  {
    name: 'refusals-in-turn',
    removes: 'that the event loop turns before an append is refused',
    edits: [
      {
        file: 'packages/engine/src/turn.ts',
        from: '  afterTurn(settle, result);',
        to: '  settle(result);\n  afterTurn(() => undefined);',
      },
    ],
    killers: ['packages/engine/test/regression/starving-poll.test.ts'],
  },
];

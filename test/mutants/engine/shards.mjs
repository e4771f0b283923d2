/** Mutants of packages/engine: the threads of the shards. @type {import('../mutants.mjs').Mutant[]} */
export const shards = [
  {
    name: 'part-of-another',
    removes: 'that of frames which are written as one each gets its own part of the answer',
    edits: [
      {
        file: 'packages/engine/src/worker/merge-frames.ts',
        from: 'firsts: firsts.slice(from, append),',
        to: 'firsts: firsts.slice(0, frame.appendCount),',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'tables-of-the-first',
    removes: 'that frames which are written as one keep their own tables',
    edits: [
      {
        file: 'packages/engine/src/worker/merge-frames.ts',
        from: '(frame.appends[i] ?? 0) + at.table',
        to: 'frame.appends[i] ?? 0',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'lend-before-written',
    removes: 'that what was sent before is written when a table is lent',
    edits: [
      {
        file: 'packages/engine/src/worker/shard-worker.ts',
        from: '    this.#group.flush();\n    return this.#attached();',
        to: '    return this.#attached();',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'loan-of-the-gone',
    removes: 'that what a thread was lent comes back when it ends',
    edits: [
      {
        file: 'packages/engine/src/worker/shard-worker.ts',
        from: 'for (const loan of [...caller.loans]) {',
        to: 'for (const loan of [...caller.loans].slice(0, 0)) {',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'name-that-was-dropped',
    removes: 'that nothing is written to a table that another thread has dropped by its name',
    edits: [
      {
        file: 'packages/engine/src/worker/named-guard.ts',
        from: 'if (this.#nameOf(id) === null) {',
        to: 'if (id.table === 0n) {',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'name-that-is-kept',
    removes: 'that a thread does not go on with the table of a name that another one has dropped',
    edits: [
      {
        file: 'packages/engine/src/catalog/catalog.ts',
        from: '    this.#unwatch(watch);\n    entry.to(UNKNOWN);',
        to: '',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'deaf-to-threads',
    removes: 'that follows have what other threads append',
    edits: [
      {
        file: 'packages/engine/src/worker/shard-worker.ts',
        from: 'if (isShared) this.#tell(frame, result);',
        to: '',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'thread-for-a-line',
    removes: 'that no thread but the one that opened the WAL can end a shard',
    edits: [
      {
        file: 'packages/engine/src/shard/line-tasks.ts',
        from: 'Object.hasOwn(IS_TASK, kind) && IS_TASK[kind as LineKind](task)',
        to: '!(Object.hasOwn(IS_TASK, kind) && !IS_TASK[kind as LineKind](task))',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'joint-answered-first',
    removes: 'that a write over shards is acknowledged behind what was sent before it',
    edits: [
      {
        file: 'packages/engine/src/worker/shard-worker.ts',
        from: 'for (let step = 0; step < STEPS_OF_ANSWERS; step++) await null;',
        to: '',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'regions-without-floors',
    removes: 'that a region opens although metadata records cannot be read',
    edits: [
      {
        file: 'packages/engine/src/region/region-recovery.ts',
        from: "if (!(error instanceof WalError) || error.code !== 'SHALE_CORRUPT') throw error;",
        to: 'if (error !== null) throw error;',
      },
    ],
    killers: ['packages/engine/test/regions.test.ts'],
  },
  {
    name: 'preloads-in-threads',
    removes: "the filter that keeps the application's preloads out of the threads",
    edits: [
      {
        file: 'packages/engine/src/shard/thread-options.ts',
        from: 'if (!PRELOADS.has(name)) return true;',
        to: 'if (PRELOADS.size > 0) return true;',
      },
    ],
    killers: ['packages/engine/test/thread-options.test.ts', 'packages/engine/test/preloads.test.ts'],
  },
  {
    name: 'refused-threads',
    removes:
      'the care for a thread that Node refuses: the task that waits for it rejects a promise that nobody has',
    edits: [
      {
        file: 'packages/engine/src/shard/shard-thread.ts',
        from: 'if (this.#worker !== null) await this.#pool.destroy();',
        to: 'await this.#pool.destroy();',
      },
    ],
    killers: ['packages/engine/test/preloads.test.ts'],
  },
  {
    name: 'reason-of-a-failed-start',
    removes: 'the reason why a thread cannot be started from the error that says so',
    edits: [
      {
        file: 'packages/engine/src/shard/bring-up.ts',
        from: 'return cause instanceof Error ? cause.message : String(cause);',
        to: 'return typeof cause;',
      },
    ],
    killers: ['packages/engine/test/preloads.test.ts'],
  },
  {
    name: 'times-of-another-frame',
    removes: 'the slot by which the thread notes the times of each frame',
    edits: [
      {
        file: 'packages/engine/src/worker/shard-worker.ts',
        from: 'caller.cells?.noted(slot, startedAt, endedAt);',
        to: 'caller.cells?.noted(slot * 0, startedAt, endedAt);',
      },
    ],
    killers: ['packages/engine/test/metrics.test.ts'],
  },
  {
    name: 'unknown-outcome',
    removes: 'the doubt about a frame whose thread died: it counts as done',
    edits: [
      {
        file: 'packages/engine/src/shard/shard.ts',
        from: `        this.#lost(state.thread);
        isLost(error);`,
        to: `        this.#lost(state.thread);
        frame.settle({ firsts: new BigUint64Array(frame.appendCount).fill(1n), trims: new BigUint64Array(0), errors: [] });
        settled(null);`,
      },
    ],
    killers: ['packages/engine/test/worker-death.test.ts', 'test/attacks/concurrency/concurrency.test.ts'],
  },
  {
    name: 'joint-order-behind',
    removes: 'that whatever is done to a table follows the joint writes of it',
    edits: [
      {
        file: 'packages/engine/src/joint/lane-tables.ts',
        from: 'return this.#tables.get(tableKey(address.id));',
        to: 'return undefined;',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'joint-order-before',
    removes: 'that a joint write follows what its tables were given before',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-lane.ts',
        from: 'await Promise.all([...laneTables].map(({ sent }) => sent));',
        to: '',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'joint-unknown',
    removes: 'that a lender recovers its tables when it is not known what became of the write',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-commit.ts',
        from: 'isUnknown ? null : states',
        to: 'isUnknown && lent.length === 0 ? null : states',
      },
    ],
    killers: ['packages/engine/test/joint-deaths.test.ts'],
  },
  {
    name: 'joint-install',
    removes: 'that what was listed before tables had to be forgotten is void',
    edits: [
      { file: 'packages/engine/src/worker/shard-worker.ts', from: '        this.#forgets++;\n', to: '' },
    ],
    killers: ['packages/engine/test/joint-deaths.test.ts'],
  },
  {
    name: 'lent-tables-wait',
    removes: 'that what concerns a lent table waits until it is back',
    edits: [
      {
        file: 'packages/engine/src/worker/holds.ts',
        from: 'for (const id of ids) this.#take(id);\n  }\n\n  /** Whether a table is lent',
        to: '}\n\n  /** Whether a table is lent',
      },
    ],
    killers: ['packages/engine/test/holds.test.ts'],
  },
  {
    name: 'tasks-at-once',
    removes: 'that a thread gets what takes a table back behind all that waits for it',
    edits: [
      {
        file: 'packages/engine/src/shard/shard-thread.ts',
        from: 'const TASKS_AT_ONCE = Number.MAX_SAFE_INTEGER;',
        to: 'const TASKS_AT_ONCE = 1024;',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'lane-under-way',
    removes: 'that what concerns a table in the joint lane goes there, too',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-lane.ts',
        from: 'return this.#tables.find(address) !== undefined;',
        to: 'return this.#tables.find(address) !== undefined && this.#sent === null;',
      },
    ],
    killers: ['packages/engine/test/joint-writes.test.ts'],
  },
  {
    name: 'deaths-of-lenders',
    removes: 'that a write begins again when a thread dies that is asked to lend',
    edits: [
      {
        file: 'packages/engine/src/joint/joint-commit.ts',
        from: '    if (isOutcomeUnknown(error)) return null;\n',
        to: '',
      },
    ],
    killers: ['packages/engine/test/joint-deaths.test.ts'],
  },
  {
    name: 'floors-of-regions',
    removes: 'the metadata records that a shard gets with the tables of a region',
    edits: [
      {
        file: 'packages/engine/src/region/region-recovery.ts',
        from: 'floors: ownFloors[index] ?? new BigUint64Array(0),',
        to: 'floors: new BigUint64Array(ownFloors.length - shards),',
      },
    ],
    killers: ['packages/engine/test/regions.test.ts'],
  },
  {
    name: 'names-being-dropped',
    removes: 'that appends to a name that is being dropped make it anew',
    edits: [
      {
        file: 'packages/engine/src/catalog/catalog.ts',
        from: "    entry.to({ is: 'dropping', done });\n",
        to: '',
      },
    ],
    killers: ['packages/engine/test/names-model.test.ts', 'packages/engine/test/catalog.test.ts'],
  },
  {
    name: 'noted-as-unsynced',
    removes: 'the note, before the acknowledgement, that something is not on stable storage',
    edits: [
      {
        file: 'packages/engine/src/worker/shard-worker.ts',
        from: `      if (!frame.sync) this.#unsynced?.written();
      this.#cells?.wrote(frame.data.length);
      if (isShared)`,
        to: '      if (isShared)',
      },
    ],
    killers: ['packages/engine/test/sync-within.test.ts'],
  },
];

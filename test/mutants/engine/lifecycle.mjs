/** Mutants of packages/engine: opening, closing, health. @type {import('../mutants.mjs').Mutant[]} */
export const lifecycle = [
  {
    name: 'copy-last-sequence',
    removes: 'that a copy gives no sequence out again that was trimmed with all before it',
    edits: [
      {
        file: 'packages/engine/src/copy/copy-tables.ts',
        from: 'last: info.last });',
        to: 'last: 0n });',
      },
    ],
    killers: ['packages/engine/test/copy-tables.test.ts'],
  },
  {
    name: 'close-over-threads',
    removes: 'that a closing lets other threads finish',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: 'await Promise.all([this.settled(), this.clients.close()]);',
        to: 'await this.settled();',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'recorded-when-resumed',
    removes: 'that a consumer which was opened on a full disk is recorded when there is room',
    edits: [{ file: 'packages/engine/src/engine.ts', from: 'this.consumers.resumed();', to: '' }],
    killers: ['test/attacks/full-disk/full-consumer.test.ts'],
  },
  {
    name: 'inspect-bounded-line',
    removes: 'the bound of what a client may say in one line',
    edits: [
      {
        file: 'packages/engine/src/inspect/lines.ts',
        from: 'this.#bytes + part.length > this.#mostBytes',
        to: 'this.#mostBytes < 0',
      },
    ],
    killers: ['packages/engine/test/inspect.test.ts'],
  },
  {
    name: 'inspect-closing',
    removes: 'that the socket goes before the WAL is given back',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: 'for (const end of this.#endings) end();',
        to: 'this.#endings.length = 0;',
      },
    ],
    killers: ['packages/engine/test/inspect.test.ts'],
  },
  {
    name: 'durable-last-sync',
    removes: 'that the last sync of a closing ends the waits that it was for',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: 'await this.#syncLast();\n    this.follows.synced();',
        to: 'await this.#syncLast();\n    this.follows.stop();',
      },
    ],
    killers: ['packages/engine/test/durable.test.ts'],
  },
  {
    name: 'durable-closing',
    removes: 'that a closing waits until it is known how far the tables have come',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: 'await this.follows.lookedUp();',
        to: 'await this.settled();',
      },
    ],
    killers: ['packages/engine/test/durable.test.ts'],
  },
  {
    name: 'writers-of-a-sync',
    removes: 'that sync() and close() take along what writers have not sent yet',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: '[...this.writers, ...this.committing].map((writer) => writer.settled())',
        to: '[...this.committing].map((writer) => writer.settled())',
      },
    ],
    killers: ['packages/engine/test/writer.test.ts'],
  },
  {
    name: 'outer-cpu-quota',
    removes: 'that the quota of an outer control group counts',
    edits: [
      {
        file: 'packages/engine/src/cpu-quota.ts',
        from: 'least = Math.min(least, quota);',
        to: 'least = quota;',
      },
    ],
    killers: ['packages/engine/test/container.test.ts'],
  },
  {
    name: 'lock-not-waited-for',
    removes: 'the wait for a lock that another one has',
    edits: [
      {
        file: 'packages/engine/src/lock-wait.ts',
        from: 'if (left <= 0) throw',
        to: 'if (left <= waitMs) throw',
      },
    ],
    killers: ['packages/engine/test/lock-wait.test.ts'],
  },
  {
    name: 'poison-latch-of-engine',
    removes: 'the latch that a failed sync sets for all shards',
    edits: [
      {
        file: 'packages/engine/src/health.ts',
        from: "if (error.code === 'SHALE_POISONED') this.#latch('poisoned', error);\n    else if",
        to: 'if',
      },
    ],
    killers: ['packages/engine/test/trouble.test.ts'],
  },
  {
    name: 'close-waits',
    removes: 'the wait of close() for the appends that were accepted',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: 'await Promise.all([this.settled(), this.clients.close()]);',
        to: 'await Promise.all([...this.#changes, this.clients.close()]);',
      },
    ],
    killers: ['packages/engine/test/close.test.ts', 'test/attacks/model/model.test.ts'],
  },
  {
    name: 'noted-while-syncing',
    removes: 'that what is written while a sync is under way is for the next one',
    edits: [
      {
        file: 'packages/engine/src/sync/unsynced.ts',
        from: `    Atomics.store(cells, SINCE, NONE);
  }`,
        to: '  }',
      },
      {
        file: 'packages/engine/src/sync/unsynced.ts',
        from: '    Atomics.store(this.#cells, TAKEN, NONE);',
        to: `    Atomics.store(this.#cells, TAKEN, NONE);
    Atomics.store(this.#cells, SINCE, NONE);`,
      },
    ],
    killers: ['packages/engine/test/unsynced.test.ts'],
  },
  {
    name: 'last-sync',
    removes: 'the sync with which a WAL is closed that syncs by itself',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        from: 'if (this.log.syncedUpTo() < this.log.writtenUpTo()) await this.log.sync();\n      return null;',
        to: 'return null;',
      },
    ],
    killers: ['packages/engine/test/sync-within.test.ts'],
  },
];

/** Mutants of packages/engine: consumers. @type {import('../mutants.mjs').Mutant[]} */
export const consumer = [
  {
    name: 'position-by-itself',
    removes: 'that what came of a batch and the position are one write',
    edits: [
      {
        file: 'packages/engine/src/consumer/log-positions.ts',
        from: 'await this.#write([...(how.parts ?? []).map((each) => ({ ...each })), part], how);',
        to: 'for (const one of [part, ...(how.parts ?? [])]) await this.#write([{ ...one }], how);',
      },
    ],
    killers: ['packages/engine/test/consumer.test.ts', 'test/attacks/consume/consume.test.ts'],
  },
  {
    name: 'floor-of-the-highest',
    removes: 'that a position is how far all batches are acknowledged, and not the last one of them',
    edits: [
      {
        file: 'packages/engine/src/consumer/table-progress.ts',
        from: 'batch.acked = upTo;',
        to: 'batch.acked = upTo;\n    if (upTo > this.floor) this.floor = upTo;',
      },
    ],
    killers: ['packages/engine/test/consumer.test.ts'],
  },
  {
    name: 'consumer-opened-twice',
    removes: 'that a consumer which is opened again is fenced',
    edits: [
      {
        file: 'packages/engine/src/consumer/open-consumer.ts',
        from: 'await engine.consumers.fence(name, checked.partition);',
        to: '',
      },
    ],
    killers: ['packages/engine/test/consumer.test.ts'],
  },
  {
    name: 'opened-on-a-full-disk',
    removes: 'that a consumer which a full disk keeps from being recorded opens all the same',
    edits: [
      {
        file: 'packages/engine/src/consumer/opening.ts',
        from: "if (!(error instanceof WalError) || error.code !== 'SHALE_NO_SPACE') throw error;",
        to: 'if (error !== null) throw error;',
      },
    ],
    killers: ['test/attacks/full-disk/full-consumer.test.ts'],
  },
  {
    name: 'position-outcome',
    removes: 'that a position whose write has an unknown outcome is looked up before it is written again',
    edits: [
      {
        file: 'packages/engine/src/consumer/log-positions.ts',
        from: "const isDoubtful = code === 'SHALE_OUTCOME_UNKNOWN' || code === 'SHALE_FENCED';",
        to: "const isDoubtful = code === 'SHALE_FENCED';",
      },
    ],
    killers: ['packages/engine/test/consumer.test.ts'],
  },
  {
    name: 'consumer-leaves',
    removes: 'that leaving an iteration acknowledges nothing',
    edits: [
      {
        file: 'packages/engine/src/consumer/iteration.ts',
        from: '  #end(): void {\n    this.#last = null;',
        to: '  #end(): void {\n    this.#last?.ack();',
      },
    ],
    killers: ['packages/engine/test/consumer.test.ts'],
  },
  {
    name: 'write-outlives-its-iteration',
    removes:
      'that a position which was written while its iteration ended is not taken back when that one is stored',
    edits: [
      {
        file: 'packages/engine/src/consumer/hand-out.ts',
        from: 'if (run.isOver) progress.ack(batch, batch.last);\n          else this.#ack(',
        to: 'this.#ack(',
      },
    ],
    killers: ['packages/engine/test/consumer-order.test.ts', 'test/attacks/consume/consume.test.ts'],
  },
  {
    name: 'position-in-doubt-taken-back',
    removes: 'that a write which is in, and could not be found out about, is not taken back by less',
    edits: [
      {
        file: 'packages/engine/src/consumer/log-positions.ts',
        from: 'if (isIn && found.position > position) return true;',
        to: '',
      },
    ],
    killers: ['packages/engine/test/consumer-order.test.ts'],
  },
  {
    name: 'position-behind-a-drop',
    removes: 'that what is acknowledged of a table is not stored behind a drop of it',
    edits: [
      {
        file: 'packages/engine/src/consumer/log-positions.ts',
        from: 'if (how.isVoid()) throw',
        to: 'if (how.isVoid() && attempt > MOST_ATTEMPTS) throw',
      },
    ],
    killers: ['packages/engine/test/consumer-order.test.ts'],
  },
  {
    name: 'run-beside-a-move',
    removes: 'that an iteration waits for a position that is being moved',
    edits: [
      {
        file: 'packages/engine/src/consumer/runs.ts',
        from: 'while (this.#moves.size > 0)',
        to: 'while (this.#moves.size < 0)',
      },
    ],
    killers: ['packages/engine/test/consumer-order.test.ts'],
  },
  {
    name: 'position-of-begun-anew',
    removes: 'that the position of a table that was dropped does not count for the one that begins anew',
    edits: [
      {
        file: 'packages/engine/src/consumer/hand-out.ts',
        from: 'if (before < (places.positionIn(id) ?? 0n)) places.forget(id);',
        to: '',
      },
    ],
    killers: ['packages/engine/test/consumer.test.ts'],
  },
  {
    name: 'drops-remembered',
    removes: 'that a consumer keeps nothing of tables that were dropped',
    edits: [
      {
        file: 'packages/engine/src/consumer/run.ts',
        from: '    this.#progress.delete(table);\n    this.#positions.forget(table.address.id);',
        to: '',
      },
    ],
    killers: ['packages/engine/test/consumer-order.test.ts'],
  },
  {
    name: 'position-in-doubt',
    removes: 'that a store which is in, and could not be found out about, is no other one that has the name',
    edits: [
      {
        file: 'packages/engine/src/consumer/log-positions.ts',
        from: "if (code === 'SHALE_OUTCOME_UNKNOWN') this.#inDoubt.add(key);",
        to: '',
      },
    ],
    killers: ['packages/engine/test/consumer-order.test.ts'],
  },
  {
    name: 'end-of-one-part',
    removes:
      'that the end is kept in every table when the name is opened, and not in those of the first part alone',
    edits: [
      {
        file: 'packages/engine/src/consumer/open-consumer.ts',
        from: 'const whole = readTarget(engine, tables, null);',
        to: 'const whole = readTarget(engine, tables, checked.partition);',
      },
    ],
    killers: ['packages/engine/test/consumer-beginning.test.ts'],
  },
  {
    name: 'end-kept-late',
    removes: 'that a name counts as opened only when its beginning is kept',
    edits: [
      {
        file: 'packages/engine/src/consumer/open-consumer.ts',
        from: "request<'consumerAnnounce'>({ kind: 'consumerAnnounce', name }, 'retry')",
        to: "request<'consumerOpen'>({ kind: 'consumerOpen', name, target: subscriptionOf(target) }, 'retry')",
      },
    ],
    killers: ['packages/engine/test/consumer-beginning.test.ts'],
  },
  {
    name: 'consumer-copy-ahead',
    removes: 'that a seek moves the copy in the log only to where the application is',
    edits: [
      {
        file: 'packages/engine/src/consumer/consumer.ts',
        from: 'if (isOnward) await',
        to: 'if (!isOnward) await',
      },
    ],
    killers: ['packages/engine/test/consumer-own.test.ts'],
  },
  {
    name: 'position-of-the-copy',
    removes:
      'that a consumer whose positions the application keeps begins at those, and not at the copy in the log',
    edits: [
      {
        file: 'packages/engine/src/consumer/consumer.ts',
        from: 'const places = own ?? positions;',
        to: 'const places = positions;',
      },
    ],
    killers: ['packages/engine/test/consumer-own.test.ts'],
  },
];

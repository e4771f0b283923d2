/** Mutants of packages/engine: the threads and the public API. @type {import('./mutants.mjs').Mutant[]} */
export const engine = [
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
    name: 'handle-twice',
    removes: 'that a handle is for one connection',
    edits: [
      {
        file: 'packages/engine/src/connect-wal.ts',
        from: '  used.add(port);',
        to: '  used.delete(port);',
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
    name: 'closing-at-the-door',
    removes: 'that who is only just connecting is told of the closing',
    edits: [
      {
        file: 'packages/engine/src/share/opener.ts',
        from: 'if (this.#isGone || this.#isClosing) news.closing();',
        to: 'if (this.#isGone) news.closing();',
      },
    ],
    killers: ['packages/engine/test/sharing-threads.test.ts'],
  },
  {
    name: 'socket-of-another',
    removes: 'that a socket at which somebody listens is not taken away',
    edits: [
      {
        file: 'packages/engine/src/socket/listener.ts',
        from: 'if (!(await knock(at))) return;',
        to: 'if (at.length > 0) return;',
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'loan-of-a-process',
    removes: 'that no other process holds a loan',
    edits: [
      {
        file: 'packages/engine/src/socket/gateway.ts',
        from: "if (task.kind === 'lend' ||",
        to: "if (task.kind === 'stats' ||",
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'process-without-bound',
    removes: 'that a process has only so much under way',
    edits: [
      {
        file: 'packages/engine/src/socket/gateway.ts',
        from: 'while (!this.#isOver && this.#owed <= this.#mostBytes) {',
        to: 'while (!this.#isOver) {',
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'answers-without-bound',
    removes: 'that what a process does not read counts as what it has under way',
    edits: [
      {
        file: 'packages/engine/src/socket/gateway.ts',
        from: 'this.#owes(message.length - owed);',
        to: 'this.#owes(-owed - message.length);',
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'two-begin-to-listen',
    removes: 'that of several that begin to listen at one path one does',
    edits: [
      {
        file: 'packages/engine/src/socket/listener.ts',
        from: 'opening = opened.catch(() => undefined);',
        to: 'opened.catch(() => undefined);',
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'joint-of-the-dead',
    removes: 'that what the owner of a log did not answer of a write over shards is not known',
    edits: [
      {
        file: 'packages/engine/src/share/opener.ts',
        from: "question.want === 'joint' ?",
        to: "question.want === 'stats' ?",
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'gone-in-a-write',
    removes: 'that a write of a process which is gone does not wait for a line to a shard',
    edits: [{ file: 'packages/engine/src/socket/gateway.ts', from: 'this.#lines.giveUp();', to: '' }],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'untold',
    removes: 'that a process which has not read for a while is told what was done meanwhile',
    edits: [
      {
        file: 'packages/engine/src/socket/gateway.ts',
        from: '    untold.add(news, isDurable);',
        to: '',
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
  },
  {
    name: 'process-of-another-version',
    removes: 'that a process of another version is refused',
    edits: [
      {
        file: 'packages/engine/src/socket/gateway.ts',
        from: 'if (hello.hello !== VERSION) {',
        to: "if (hello.hello === '') {",
      },
    ],
    killers: ['packages/engine/test/sharing-processes.test.ts'],
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
    name: 'recorded-when-resumed',
    removes: 'that a consumer which was opened on a full disk is recorded when there is room',
    edits: [{ file: 'packages/engine/src/engine.ts', from: 'this.consumers.resumed();', to: '' }],
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
        from: "if (code === 'SHALE_OUTCOME_UNKNOWN') this.#inDoubt.add(tableKey(id));",
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
    name: 'inspect-permissions',
    removes: 'that only the same user can look into a WAL',
    edits: [
      {
        file: 'packages/engine/src/socket/unix-server.ts',
        from: 'chmodSync(made, 0o600);',
        to: 'chmodSync(made, 0o666);',
      },
    ],
    killers: ['packages/engine/test/inspect.test.ts'],
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
    name: 'shared-wal-closed-by-first',
    removes: 'that a WAL which is shared stays open until the last of its holders closes it',
    edits: [
      {
        file: 'packages/engine/src/shared-wals.ts',
        from: 'if (this.#holders > 0) await',
        to: 'if (this.#holders > 10) await',
      },
    ],
    killers: ['packages/engine/test/sharing.test.ts'],
  },
  {
    name: 'share-gives-up-early',
    removes: 'that closing one of several holders waits for what was accepted',
    edits: [
      {
        file: 'packages/engine/src/shared-wals.ts',
        from: 'if (this.#holders > 0) await engine.settled();',
        to: 'if (this.#holders > 0) await Promise.resolve();',
      },
    ],
    killers: ['packages/engine/test/sharing.test.ts'],
  },
  {
    name: 'shared-with-other-options',
    removes: 'that a WAL is shared with the same options only',
    edits: [
      {
        file: 'packages/engine/src/shared-wals.ts',
        from: 'if (isDeepStrictEqual(value, values[name])) continue;',
        to: 'if (isDeepStrictEqual(value, value)) continue;',
      },
    ],
    killers: ['packages/engine/test/sharing.test.ts'],
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

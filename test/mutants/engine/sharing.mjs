/** Mutants of packages/engine: threads and processes that share a log. @type {import('../mutants.mjs').Mutant[]} */
export const sharing = [
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
];

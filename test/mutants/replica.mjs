/** Mutants of packages/jetstream and packages/replica: logs in a cluster. @type {import('./mutants.mjs').Mutant[]} */
export const replica = [
  {
    name: 'replica-sockets',
    removes: 'that a connection on which a server says nothing is closed when it is given up',
    edits: [
      {
        file: 'packages/jetstream/src/sockets.ts',
        from: '    this.#last?.destroy();\n',
        to: '',
      },
    ],
    killers: ['packages/jetstream/test/requirements.test.ts'],
  },
  {
    name: 'replica-owner-check',
    removes: 'that an owner only takes the place of the one that it knows',
    edits: [
      {
        file: 'packages/jetstream/src/owner.ts',
        from: 'await publish(link.connection, [message], { lastOfSubject }, ',
        to: 'await publish(link.connection, [message], lastOfSubject.sequence < 0 ? { lastOfSubject } : {}, ',
      },
    ],
    killers: ['packages/jetstream/test/replica.test.ts'],
  },
  {
    name: 'replica-chain',
    removes: 'that a frame expects the one before',
    edits: [
      {
        file: 'packages/jetstream/src/partition-writer.ts',
        from: '{ lastSequence: expected }',
        to: 'expected < 0 ? { lastSequence: expected } : {}',
      },
    ],
    killers: ['packages/jetstream/test/replica.test.ts'],
  },
  {
    name: 'replica-dense',
    removes: 'the check that no entry of a replica is missing',
    edits: [
      {
        file: 'packages/jetstream/src/table-reader.ts',
        from: 'if (isFirst ? first <= this.#floor : first === this.#next) return;',
        to: 'if (isFirst || first >= (this.#next ?? 0n)) return;',
      },
    ],
    killers: ['packages/jetstream/test/replica.test.ts'],
  },
  {
    name: 'replica-sync-always',
    removes: 'the check that servers sync what they acknowledge',
    edits: [
      {
        file: 'packages/jetstream/src/server-checks.ts',
        from: "if (fieldOf(config, 'sync_always') !== true) {",
        to: "if (fieldOf(config, 'sync_always') === 'never') {",
      },
    ],
    killers: ['packages/jetstream/test/requirements.test.ts'],
  },
  {
    name: 'replica-purge-one',
    removes: 'that a purge up to the first message is not sent',
    edits: [{ file: 'packages/jetstream/src/purge.ts', from: '  if (sequence <= 1) return;\n', to: '' }],
    killers: ['packages/jetstream/test/requirements.test.ts'],
  },
  {
    name: 'replica-floor',
    removes: 'that what lies before the floor is not shown',
    edits: [
      {
        file: 'packages/jetstream/src/table-reader.ts',
        from: 'const gone = this.#floor > header.first ? Number(this.#floor - header.first) : 0;',
        to: 'const gone = 0;',
      },
    ],
    killers: ['packages/jetstream/test/replica.test.ts'],
  },
  {
    name: 'replica-rolled-back',
    removes: 'that a stream which has lost what was acknowledged is not written to again',
    edits: [
      {
        file: 'packages/jetstream/src/owner.ts',
        from: 'if (behind === MOST_BEHIND) throw lost(url, partition);',
        to: 'if (behind === MOST_BEHIND) return { ...writer, epoch, sequence: (before?.sequence ?? 0) + 1 };',
      },
    ],
    killers: ['packages/jetstream/test/replica.test.ts'],
  },
  {
    name: 'replica-of-another-log',
    removes: 'that the replica of another log is not written to',
    edits: [
      {
        file: 'packages/jetstream/src/replica-writer.ts',
        from: 'if (!options.takeover) requireSame(link, before, writer);',
        to: 'if (before.source === null) requireSame(link, before, writer);',
      },
    ],
    killers: ['packages/jetstream/test/replica.test.ts'],
  },
  {
    name: 'replica-position',
    removes: 'that shipping goes on where the replica has come to',
    edits: [
      {
        file: 'packages/replica/src/replicate.ts',
        from: 'load: (table) => sink.position(table),',
        to: 'load: () => 0n,',
      },
    ],
    killers: ['packages/replica/test/replicate.test.ts'],
  },
  {
    name: 'replica-drops',
    removes: 'that tables which were dropped go from the replica',
    edits: [
      {
        file: 'packages/replica/src/removals.ts',
        from: '      if (first > 0n) {',
        to: '      if (first >= 0n) {',
      },
    ],
    killers: ['packages/replica/test/replicate.test.ts'],
  },
  {
    name: 'replica-purge-of-parts',
    removes: 'that what a floor leaves is not purged',
    edits: [
      {
        file: 'packages/jetstream/src/purge.ts',
        from: 'message.seq >= end || message.first > floor',
        to: 'message.seq >= end',
      },
    ],
    killers: ['packages/jetstream/test/replica.test.ts'],
  },
  {
    name: 'replica-restored-floors',
    removes: 'that a restored log keeps what was trimmed apart from what is missing',
    edits: [
      {
        file: 'packages/storage/src/copy/new-log.ts',
        from: 'this.#raise(id.table, hasLast ? first - 1n : last);',
        to: 'if (!hasLast) this.#raise(id.table, last);',
      },
    ],
    killers: ['packages/replica/test/replicate.test.ts'],
  },
];

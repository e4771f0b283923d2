/** Mutants of packages/engine: joining. @type {import('../mutants.mjs').Mutant[]} */
export const join = [
  {
    name: 'join-lets-nobody-in',
    removes: 'that the owner of a log that is joined listens',
    edits: [
      {
        file: 'packages/engine/src/joined-wal.ts',
        from: '      await engine.listen(this.#socketIn(engine.path));\n',
        to: '',
      },
    ],
    killers: ['packages/engine/test/join.test.ts'],
  },
  {
    name: 'join-of-the-last-owner',
    removes: 'that what waited goes to the shard where its table is with the next owner',
    edits: [
      {
        file: 'packages/engine/src/seat.ts',
        from: '        append.pin((ref) => refOn(this.#engine, ref));\n',
        to: '',
      },
    ],
    killers: ['packages/engine/test/join.test.ts'],
  },
  {
    name: 'join-uncopied',
    removes: 'that the payloads of an append that waits for an owner are copied',
    edits: [{ file: 'packages/engine/src/join/vacancy.ts', from: '      append.copyPayloads();\n', to: '' }],
    killers: ['packages/engine/test/join.test.ts'],
  },
  {
    name: 'join-without-bound',
    removes: 'that what waits for an owner takes so much memory at most',
    edits: [
      {
        file: 'packages/engine/src/join/vacancy.ts',
        from: '    if (this.#bytes + cost <= bytes) return null;',
        to: '    if (this.#bytes + cost <= bytes * 1024) return null;',
      },
    ],
    killers: ['packages/engine/test/join.test.ts'],
  },
  {
    name: 'join-for-ever',
    removes: 'that nothing waits for an owner for ever',
    edits: [
      {
        file: 'packages/engine/src/join/vacancy.ts',
        from: '      if (held.until > now) return;',
        to: '      if (held.until > now || now > 0) return;',
      },
    ],
    killers: ['packages/engine/test/join.test.ts'],
  },
  {
    name: 'join-in-no-order',
    removes: 'that what waits for an owner is made in the order in which it came',
    edits: [
      {
        file: 'packages/engine/src/join/vacancy.ts',
        from: '    for (const held of this.#take()) held.go();',
        to: '    for (const held of this.#take().reverse()) held.go();',
      },
    ],
    killers: ['packages/engine/test/join.test.ts'],
  },
];

/** Mutants of packages/codec: bytes and their meaning. @type {import('./mutants.mjs').Mutant[]} */
export const codec = [
  {
    name: 'replica-entries-length',
    removes: "the check that a replica's message has the entries that it says, and nothing else",
    edits: [
      {
        file: 'packages/codec/src/replica/replica-entries.ts',
        from: '  if (at !== source.length) throw wrongLength(source, count, at);\n',
        to: '',
      },
    ],
    killers: ['packages/codec/test/replica.test.ts', 'test/fuzz/fuzz.test.ts'],
  },
  {
    name: 'offset-of-data-view',
    removes: 'that of a DataView the bytes are taken which it shows',
    edits: [
      {
        file: 'packages/codec/src/payload/measure.ts',
        from: 'offsetOf.call(payload) as number, length)',
        to: '0 * (offsetOf.call(payload) as number), length)',
      },
    ],
    killers: ['packages/engine/test/payload-inputs.test.ts'],
  },
  {
    name: 'reply-validation',
    removes: 'the check of what a worker answers',
    edits: [
      {
        file: 'packages/codec/src/frame/error-data-shape.ts',
        from: "typeof value.code === 'string' &&\n    typeof value.message === 'string' &&\n    isOptionalString(value.stack)",
        to: 'isOptionalString(value.stack)',
      },
    ],
    killers: ['packages/codec/test/append-reply.test.ts', 'test/fuzz/fuzz.test.ts'],
  },
  {
    name: 'frame-validation',
    removes: 'the check of the lengths in a frame',
    edits: [
      {
        file: 'packages/codec/src/frame/append-frame.ts',
        from: '  checkEntries(frame);\n',
        to: '  void checkEntries;\n',
      },
    ],
    killers: ['packages/codec/test/append-frame-damage.test.ts', 'test/fuzz/fuzz.test.ts'],
  },
  {
    name: 'whole-appends',
    removes: 'that an append whose payload cannot be copied leaves nothing in its frame',
    edits: [
      {
        file: 'packages/codec/src/frame/append-frame-writer.ts',
        from: `    this.#isOpenAddition = true;
    this.#countAt = -1;`,
        to: `    this.#countAt = -1;`,
      },
    ],
    killers: ['packages/codec/test/append-frame.test.ts'],
  },
  {
    name: 'measured-payloads',
    removes: 'the look at a payload without bytes, which may have lost them',
    edits: [
      {
        file: 'packages/codec/src/payload/measure.ts',
        from: 'if (length === 0) requireInBounds(payload);',
        to: 'if (length < 0) requireInBounds(payload);',
      },
    ],
    killers: ['packages/codec/test/append-frame.test.ts', 'packages/engine/test/hostile-payloads.test.ts'],
  },
  {
    name: 'border-of-the-data',
    removes: 'the border that keeps a payload which has become longer out of what else is in the frame',
    edits: [
      {
        file: 'packages/codec/src/frame/append-frame-writer.ts',
        from: 'this.#data = this.#bytes.subarray(0, border);',
        to: 'this.#data = this.#bytes.subarray(0, border + 2 ** 30);',
      },
    ],
    killers: ['packages/codec/test/append-frame.test.ts'],
  },
];

/** Mutants of packages/cli: the command. @type {import('./mutants.mjs').Mutant[]} */
export const cli = [
  {
    name: 'exit-code-of-target',
    removes: 'that a full disk beside the log has its own exit code',
    edits: [
      {
        file: 'packages/cli/src/output/report-error.ts',
        from: '? EXIT.outputFull',
        to: '? EXIT.noSpace',
      },
    ],
    killers: ['packages/cli/test/unit/exit-codes.test.ts'],
  },
  {
    name: 'export-state-cut',
    removes: 'that what came behind the state of an export is cut off',
    edits: [
      {
        file: 'packages/cli/src/export/export-file.ts',
        from: 'await handle.truncate(bytes);',
        to: 'await handle.truncate(info.size);',
      },
      {
        file: 'packages/cli/src/export/export-file.ts',
        from: 'plan.gzip, bytes);',
        to: 'plan.gzip, info.size);',
      },
    ],
    killers: ['packages/cli/test/command/export.test.ts'],
  },
  {
    name: 'export-trimmed',
    removes: 'the look whether entries are missing where an export goes on',
    edits: [
      {
        file: 'packages/cli/src/export/export.ts',
        from: 'entry.sequence !== BigInt(done) + 1n',
        to: 'entry.sequence < BigInt(done)',
      },
    ],
    killers: ['packages/cli/test/command/export.test.ts'],
  },
  {
    name: 'rejects-in-log',
    removes: 'the other place for rejected lines where nothing can be written beside the log',
    edits: [
      {
        file: 'packages/cli/src/ingest/reject-file.ts',
        from: 'if (!isForbidden(error)) throw error;',
        to: 'if (isForbidden(error)) throw error;',
      },
    ],
    killers: ['packages/cli/test/command/places.test.ts'],
  },
  {
    name: 'ingest-waits',
    removes: 'that a last line without its end waits for it',
    edits: [
      {
        file: 'packages/cli/src/ingest/ingest.ts',
        from: "return source.kind === 'file' && !final &&",
        to: "return source.kind === 'stream' && !final &&",
      },
    ],
    killers: ['packages/cli/test/command/real-files.test.ts'],
  },
  {
    name: 'top-terminal',
    removes: 'that shale top leaves the terminal as it was',
    edits: [
      {
        file: 'packages/cli/src/top/screen.ts',
        from: "const LEAVE = '\\x1b[?25h\\x1b[?1049l';",
        to: "const LEAVE = '';",
      },
    ],
    killers: ['packages/cli/test/command/top.test.ts'],
  },
  {
    name: 'top-web-token',
    removes: 'the random part of the address of the page',
    edits: [
      {
        file: 'packages/cli/src/web/page-server.ts',
        from: 'return a.length === b.length && timingSafeEqual(a, b);',
        to: 'return a.length === b.length && timingSafeEqual(a, a);',
      },
    ],
    killers: ['packages/cli/test/web/serving.test.ts'],
  },
  {
    name: 'top-web-host',
    removes: 'the look at the host that a page is asked of by',
    edits: [
      {
        file: 'packages/cli/src/web/page-server.ts',
        from: "if (!OWN_HOST.test(request.headers.host ?? ''))",
        to: "if (OWN_HOST.test('evil'))",
      },
    ],
    killers: ['packages/cli/test/web/serving.test.ts'],
  },
  {
    name: 'top-web-slow',
    removes: 'the wait for a page that has not taken the view before',
    edits: [
      {
        file: 'packages/cli/src/web/audience.ts',
        from: 'if (response.writableLength === 0) {\n        page.stuckAt',
        to: 'if (response.writableLength >= 0) {\n        page.stuckAt',
      },
    ],
    killers: ['packages/cli/test/web/serving.test.ts'],
  },
  {
    name: 'ingest-csv-escape',
    removes: 'that an escaped quote does not end a field whose lines are looked for',
    edits: [
      {
        file: 'packages/cli/src/ingest/scanner.ts',
        from: 'if (bytes[at] === this.#escape) at += 1;',
        to: 'if (bytes[at] === -1) at += 1;',
      },
    ],
    killers: ['packages/cli/test/unit/scanner.test.ts', 'packages/cli/test/command/real-files.test.ts'],
  },
  {
    name: 'ingest-csv-dialect',
    removes: 'what escapes a quote from the options that an input is read with',
    edits: [
      {
        file: 'packages/cli/src/ingest/choose-options.ts',
        from: '...csvOptions(given),',
        to: '...(given.escapedBy === undefined ? csvOptions(given) : {}),',
      },
    ],
    killers: ['packages/cli/test/command/real-files.test.ts'],
  },
  {
    name: 'ingest-zstd-checksum',
    removes: 'the look at the checksum of what zstd compressed',
    edits: [
      {
        file: 'packages/cli/src/ingest/zstd.ts',
        from: 'if (part.checksum !== undefined && ',
        to: 'if (part.checksum === -1 && ',
      },
    ],
    killers: ['packages/cli/test/unit/compression.test.ts'],
  },
  {
    name: 'ingest-zstd-end',
    removes: 'the look whether the last frame of zstd has ended',
    edits: [
      {
        file: 'packages/cli/src/ingest/zstd.ts',
        from: '  frames.end();',
        to: '',
      },
    ],
    killers: ['packages/cli/test/unit/compression.test.ts'],
  },
  {
    name: 'ingest-inputs-once',
    removes: 'that a file that several arguments name is taken once',
    edits: [
      {
        file: 'packages/cli/src/ingest/inputs.ts',
        from: 'if (!inputs.has(real) && ',
        to: 'if (inputs.set(String(inputs.size), path) && ',
      },
    ],
    killers: ['packages/cli/test/command/inputs.test.ts'],
  },
  {
    name: 'ingest-in-doubt',
    removes: 'the doubt about what a killed ingest wrote, at the end of the next run',
    edits: [
      {
        file: 'packages/cli/src/ingest/checkpointer.ts',
        from: 'this.#tables.inDoubt(ended),',
        to: 'this.#tables.inDoubt(ended).slice(0, 0),',
      },
    ],
    killers: ['packages/cli/test/command/once-only.test.ts'],
  },
  {
    name: 'ingest-ended-early',
    removes: 'the refusal of an input that ends before what was already taken',
    edits: [
      {
        file: 'packages/cli/src/ingest/ingest.ts',
        from: 'if (behind) throw endedEarly(this.#progress, behind);',
        to: 'if (behind && this.#progress.line < 0) throw endedEarly(this.#progress, behind);',
      },
    ],
    killers: ['packages/cli/test/command/once-only.test.ts'],
  },
  {
    name: 'ingest-skipped-part',
    removes: 'the care for the journal when an ingest is stopped on the way to its position',
    edits: [
      {
        file: 'packages/cli/src/ingest/start-point.ts',
        from: `    const next = await chunks.next();
    if (signal.aborted) return undefined;
    if (next.done) throw tooShort(skipped, position.offset);`,
        to: `    const next = await chunks.next();
    if (signal.aborted) return { position, chunks: chain(rest, chunks), fingerprint };
    if (next.done) throw tooShort(skipped, position.offset);`,
      },
    ],
    killers: ['packages/cli/test/command/once-only.test.ts'],
  },
  {
    name: 'reject-file-owner',
    removes: 'the look at whose reject file it is',
    edits: [
      {
        file: 'packages/cli/src/ingest/reject-file.ts',
        from: 'return header.equals(head) && last[0] === LF;',
        to: 'return true;',
      },
    ],
    killers: ['packages/cli/test/command/rejects.test.ts'],
  },
];

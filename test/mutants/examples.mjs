/** Mutants of the examples. @type {import('./mutants.mjs').Mutant[]} */
export const examples = [
  {
    name: 'ingest-position-apart',
    removes: 'that how far PostgreSQL is moves in the transaction of the events',
    edits: [
      {
        file: 'examples/ingest-service/src/store.js',
        from: '        await pipeline(Readable.from(rows(progress.log, batch))',
        to: "        await client.query('COMMIT');\n        await client.query('BEGIN');\n        await pipeline(Readable.from(rows(progress.log, batch))",
      },
    ],
    killers: ['test/ingest-service.test.ts'],
  },
  {
    name: 'ingest-keeps-when-full',
    removes: 'that a full disk keeps nothing that is stored',
    edits: [
      {
        file: 'examples/ingest-service/src/upkeep.js',
        from: "(wal.health === 'full' ? 0n : config.keep)",
        to: 'config.keep',
      },
    ],
    killers: ['test/ingest-service.test.ts'],
  },
];

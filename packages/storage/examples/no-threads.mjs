// The log without threads: run with `node packages/storage/examples/no-threads.mjs [directory]`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@shale/storage';

const directory = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'shale-example-')));
const log = await openLog(directory);
const table = { region: 1, table: 42 };

// Durable when it returns.
const { first, last } = log.append(table, [Buffer.from('one'), Buffer.from('two'), Buffer.from('three')]);
console.log(`appended ${first}..${last}`);

// Atomic over tables, and only if the table stands where we think it does.
log.write([
  { id: table, payloads: [Buffer.from('four')], expect: last + 1n },
  { id: { region: 1, table: 43 }, payloads: [Buffer.from('a neighbour')] },
]);

for (const { sequence, payload } of log.read(table, { gt: 1n })) {
  console.log(`${sequence}: ${Buffer.from(payload)}`);
}

// Everything up to 3 is gone for good, and its space comes back.
const { trimmed, range } = log.trim(table, 3n);
if (range !== null) await log.reclaim([range], { deep: true });
console.log(`begins at ${trimmed}, the next entry gets ${log.nextSequence(table)}`);

for (const event of log.verify()) {
  if (event.type === 'totals') console.log(`verified ${event.entries} entries, ${event.errors} errors`);
}

await log.close();
if (process.argv[2] === undefined) await rm(directory, { recursive: true });

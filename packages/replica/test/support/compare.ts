import { openWal } from '@shale/engine';
import { expect } from 'vitest';

interface TableContent {
  readonly name: string | null;
  readonly next: bigint;
  readonly entries: ReadonlyMap<bigint, string>;
}

/** Everything of a log, by its tables: names, next sequences, and entries byte for byte. */
export async function contentOf(directory: string): Promise<Map<string, TableContent>> {
  const wal = await openWal(directory, { shards: 1 });
  try {
    const content = new Map<string, TableContent>();
    for await (const { id, name = null } of wal.tables()) {
      const { region, table } = id;
      if (region === null) continue;
      const log = wal.table({ region, table });
      const entries = new Map<bigint, string>();
      for await (const { sequence, payload } of log.read()) {
        entries.set(sequence, Buffer.from(payload).toString('latin1'));
      }
      content.set(`${region}/${table}`, { name, next: (await log.lastSequence()) + 1n, entries });
    }
    return content;
  } finally {
    await wal.close();
  }
}

/** A restored log has all that another one has, and nothing else. */
export async function expectSame(restored: string, original: string): Promise<void> {
  const [copy, source] = await Promise.all([contentOf(restored), contentOf(original)]);
  expect([...copy.keys()].sort()).toEqual([...source.keys()].sort());
  for (const [key, { name, next, entries }] of source) {
    const found = copy.get(key);
    expect([key, found?.name, found?.next, found?.entries.size]).toEqual([key, name, next, entries.size]);
    for (const [sequence, payload] of entries) {
      // Compared one by one: what differs is shown by itself.
      if (found?.entries.get(sequence) !== payload)
        expect([key, sequence, found?.entries.get(sequence)]).toBe(payload);
    }
  }
}

import { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { JOURNAL_PREFIX } from '../ingest/table-name.js';
import { grid } from '../output/grid.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, plural } from '../output/units.js';
import { printable } from '../read/entry-format.js';
import { openForReading } from './open-log.js';

interface TablesFlags {
  readonly json?: boolean;
  readonly all?: boolean;
}

/** `shale tables`. */
export function tablesCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('tables')
    .summary('list the tables: names, ids, bounds, sizes')
    .description(
      'Lists the tables with their names, ids, first and last sequences, entries, and bytes as RocksDB estimates them. ' +
        'Works beside a running writer.',
    )
    .argument('<dir>', 'directory of the log')
    .option(
      '-a, --all',
      'also the journals of ingests, and tables of which nothing but the last sequence is left',
    )
    .option('--json', 'one JSON object per table')
    .action(async (dir: string, flags: TablesFlags) => {
      await tables(terminal, dir, flags);
      done(EXIT.ok);
    });
}

async function tables(terminal: Terminal, dir: string, flags: TablesFlags): Promise<void> {
  await using wal = await openForReading(dir, terminal);
  const rows: string[][] = [];
  let count = 0;
  let entries = 0n;
  let failure: { readonly error: unknown } | undefined;
  for await (const info of upToFailure(wal.tables(), (error) => {
    failure = { error };
  })) {
    const hidden = info.name?.startsWith(JOURNAL_PREFIX) === true || info.id.region === null;
    if (hidden && !flags.all) continue;
    count += 1;
    entries += info.entries;
    if (flags.json) {
      const { name, id, first, last, bytes } = info;
      const wait = terminal.out.line(
        toJson({
          name: name ?? null,
          region: id.region,
          table: id.table,
          first,
          last,
          entries: info.entries,
          bytes,
        }),
      );
      if (wait) await wait;
      continue;
    }
    rows.push([
      info.name === undefined ? '-' : printable(Buffer.from(info.name), 60),
      info.id.region === null ? '?' : info.id.region.toString(),
      info.id.table.toString(),
      formatCount(info.first),
      formatCount(info.last),
      formatCount(info.entries),
      formatBytes(info.bytes),
    ]);
  }
  if (!flags.json) {
    const { bold, dim } = terminal.outColors;
    if (count === 0) await terminal.out.line('no tables');
    else {
      await terminal.out.line(grid(COLUMNS, rows, bold));
      await terminal.out.line(dim(`${plural(count, 'table')}, ${plural(entries, 'entry', 'entries')}`));
    }
  }
  await terminal.out.flush();
  // What can be listed comes first.
  if (failure !== undefined) throw failure.error;
}

async function* upToFailure<T>(
  items: AsyncIterable<T>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    onFailure(error);
  }
}

const COLUMNS = [
  { title: 'name' },
  { title: 'region', align: 'right' },
  { title: 'table', align: 'right' },
  { title: 'first', align: 'right' },
  { title: 'last', align: 'right' },
  { title: 'entries', align: 'right' },
  { title: 'bytes', align: 'right' },
] as const;

import { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { grid } from '../output/grid.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { formatCount } from '../output/units.js';
import { openForReading } from './open-log.js';

interface StatsFlags {
  readonly json?: boolean;
  readonly text?: boolean;
}

/** `shale stats`. */
export function statsCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('stats')
    .summary("show the log's and RocksDB's numbers")
    .description('Shows the numbers of the log and of the RocksDB under it. Works beside a running writer.')
    .argument('<dir>', 'directory of the log')
    .option('--json', 'everything as one JSON object')
    .option('--text', "also RocksDB's own report")
    .action(async (dir: string, flags: StatsFlags) => {
      await using wal = await openForReading(dir, terminal);
      const stats = await wal.stats();
      if (flags.json) await terminal.out.line(toJson(stats));
      else await printStats(terminal, stats, flags.text === true);
      await terminal.out.flush();
      done(EXIT.ok);
    });
}

async function printStats(terminal: Terminal, stats: object, withText: boolean): Promise<void> {
  const rows: string[][] = [];
  const texts: string[] = [];
  for (const [name, value] of numbers(stats, '')) {
    if (value.includes('\n')) texts.push(value);
    else rows.push([name, value]);
  }
  await terminal.out.line(
    grid([{ title: 'name' }, { title: 'value', align: 'right' }], rows, terminal.outColors.bold),
  );
  if (withText) for (const text of texts) await terminal.out.line(text);
}

/** Every leaf of the statistics with its path. */
function* numbers(value: unknown, path: string): Generator<[string, string]> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      yield* numbers(inner, path === '' ? key : `${path}.${key}`);
  } else if (value !== null && value !== undefined) {
    const exact = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
    yield [path, exact ? formatCount(value) : typeof value === 'number' ? value.toFixed(3) : String(value)];
  }
}

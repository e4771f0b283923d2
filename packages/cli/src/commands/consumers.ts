import { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { type Column, grid } from '../output/grid.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { formatCount, formatDuration, plural } from '../output/units.js';
import { printable } from '../read/entry-format.js';
import { type ConsumersOfLog, consumersOf } from './consumer-log.js';

interface ConsumersFlags {
  readonly json?: boolean;
}

/** `shale consumers`. */
export function consumersCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('consumers')
    .summary('list the consumers: tables, positions, how far they are behind')
    .description(
      'Lists the consumers of the log: in how many tables each has a position, in how many of them there are entries ' +
        'behind it, in how many such entries were trimmed, and how many entries it is behind; with a name, each of its tables. It asks the process that has the log open with ' +
        'inspect: true, and reads the files otherwise, also beside a running writer. The age is about that of the oldest of ' +
        'these entries, of tables that are retained by age: no others know it.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('[consumer]', 'the tables of this one')
    .option('--json', 'one JSON object per consumer, or table')
    .addHelpText('after', '\nExamples:\n  shale consumers ./data\n  shale consumers ./data billing --json')
    .action(async (dir: string, name: string | undefined, flags: ConsumersFlags) => {
      await using consumers = await consumersOf(dir, terminal, 'look');
      if (name === undefined) await listAll(terminal, consumers, flags);
      else await listTables(terminal, consumers, name, flags);
      await terminal.out.flush();
      done(EXIT.ok);
    });
}

async function listAll(terminal: Terminal, consumers: ConsumersOfLog, flags: ConsumersFlags): Promise<void> {
  const list = await consumers.list();
  if (flags.json) {
    for (const { name, isOpen, epoch, tables, behind, overrun, lag, oldestMs } of list) {
      const wait = terminal.out.line(toJson({ name, isOpen, epoch, tables, behind, overrun, lag, oldestMs }));
      if (wait) await wait;
    }
    return;
  }
  if (list.length === 0) {
    await terminal.out.line('no consumers');
    return;
  }
  const rows = list.map(({ name, isOpen, epoch, tables, behind, overrun, lag, oldestMs }) => [
    printable(Buffer.from(name), 60),
    isOpen ? 'yes' : 'no',
    formatCount(epoch),
    formatCount(tables),
    formatCount(behind),
    formatCount(overrun),
    formatCount(lag),
    aboutAge(oldestMs),
  ]);
  await terminal.out.line(grid(ALL, rows, terminal.outColors.bold));
}

async function listTables(
  terminal: Terminal,
  consumers: ConsumersOfLog,
  consumer: string,
  flags: ConsumersFlags,
): Promise<void> {
  const rows: string[][] = [];
  let lag = 0n;
  for await (const { table, name, position, last, lag: behind, oldestMs } of consumers.positions(consumer)) {
    if (flags.json) {
      const wait = terminal.out.line(toJson({ name, ...table, position, last, lag: behind, oldestMs }));
      if (wait) await wait;
      continue;
    }
    lag += behind;
    rows.push([
      name === null ? '-' : printable(Buffer.from(name), 60),
      table.region.toString(),
      table.table.toString(),
      formatCount(position),
      formatCount(last),
      formatCount(behind),
      aboutAge(oldestMs),
    ]);
  }
  if (flags.json) return;
  const { bold, dim } = terminal.outColors;
  if (rows.length > 0) await terminal.out.line(grid(TABLES, rows, bold));
  const behind = plural(lag, 'entry', 'entries');
  await terminal.out.line(
    dim(`${plural(rows.length, 'table')} with a position, ${behind} behind it, trimmed ones included`),
  );
}

const ALL: readonly Column[] = [
  { title: 'name' },
  { title: 'open' },
  { title: 'openings', align: 'right' },
  { title: 'tables', align: 'right' },
  { title: 'behind', align: 'right' },
  { title: 'overrun', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'age', align: 'right' },
];

const TABLES: readonly Column[] = [
  { title: 'name' },
  { title: 'region', align: 'right' },
  { title: 'table', align: 'right' },
  { title: 'position', align: 'right' },
  { title: 'last', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'age', align: 'right' },
];

/** About how long ago something was. */
function aboutAge(ms: number | null): string {
  return ms === null ? '-' : `about ${formatDuration(Date.now() - ms)}`;
}

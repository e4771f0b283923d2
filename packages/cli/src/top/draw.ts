import { grid } from '../output/grid.js';
import { showable } from '../output/showable.js';
import type { Colors } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../output/units.js';
import { printable } from '../read/entry-format.js';
import type { Spread } from './spread.js';
import type { View } from './view.js';
import { latency, percent, troubles } from './words.js';

/** Room for a picture. */
export interface Canvas {
  readonly width: number;
  /** Lines; without a bound where it is not a screen. */
  readonly height: number;
  readonly colors: Colors;
}

/** What a view looks like, line by line, cut to the room there is. The largest tables take what is left of it. */
export function draw(view: View, { width, height, colors }: Canvas): string[] {
  const { rates, queue, stalls, disk } = view;
  const { bold, dim, red, green, yellow } = colors;
  const health = view.health === 'well' ? green('well') : red(view.health);
  const stalled = (text: string, { ms }: { readonly ms: number }): string => (ms > 0 ? yellow(text) : text);
  const named = (name: string, text: string): string => `${dim(name.padEnd(11))}${text}`;
  const head = [
    `${bold(printable(Buffer.from(view.path), Math.max(20, width - 30)))}  process ${view.pid}  ${health}`,
    '',
    named(
      'appends',
      `${formatRate(rates.entries)} entries, ${formatBytes(rates.bytes)}/s in ${formatRate(rates.appends)} appends, ` +
        `${formatRate(rates.frames)} frames, ${formatRate(rates.syncs)} syncs`,
    ),
    named('answered', spread(view.acknowledgedMs)),
    named('synced', spread(view.syncMs)),
    named('time is in', phases(view)),
    named('threads', view.busy.map((share, i) => `${i}: ${percent(share)}`).join('  ')),
    named(
      'under way',
      `${formatBytes(queue.inFlightBytes)} of ${formatBytes(queue.maxInFlightBytes)}, waiting: ` +
        `${formatCount(queue.queuedAppends)} appends, ${formatBytes(queue.queuedBytes)}; refused: ${formatRate(rates.refused)}`,
    ),
    named(
      'stalls',
      (['memory', 'level0', 'stopped'] as const)
        .map((cause) => stalled(`${cause} ${formatDuration(stalls[cause].ms)}/s`, stalls[cause]))
        .join('  '),
    ),
    named(
      'disk',
      `${formatBytes(disk.tableFileBytes)} in files, ${formatBytes(disk.memtableBytes)} in memory, ` +
        `${formatCount(disk.level0Files)} files at level 0, ${formatCount(disk.flushes)} flushes, ` +
        `${formatCount(disk.compactions)} compactions, to give back: ${formatBytes(disk.pendingReclaimBytes)}`,
    ),
    named(
      'open',
      `${formatCount(view.openReads)} reads and follows, ${formatCount(view.busyWriters)} busy writers`,
    ),
    ...consumerLines(view).map((text) => named('consumer', text)),
    ...troubles(view).map((text) => named('trouble', red(text))),
  ];
  const rest = Math.max(0, height - head.length - 2);
  return [...head, ...tableLines(view, { rows: rest, width }, bold)]
    .slice(0, height)
    .map((line) => cut(line, width));
}

/** Consumers that have a line, those that are farthest behind first. */
const MOST_CONSUMERS = 5;

function consumerLines({ consumers }: View): string[] {
  const first = [...consumers].sort((one, other) => Number((other.lag ?? 0n) - (one.lag ?? 0n)));
  const lines = first
    .slice(0, MOST_CONSUMERS)
    .map(({ name, partition, lag, behind, tables, unacked, gaps }) => {
      const part = partition === null ? '' : ` ${partition.index} of ${partition.of}`;
      const where =
        lag === null
          ? 'not iterated'
          : `${formatCount(lag)} behind, in ${formatCount(behind ?? 0)} of ${plural(tables, 'table')}`;
      const missed = gaps > 0 ? `, ${plural(gaps, 'gap')}` : '';
      return `${printable(Buffer.from(name), 40)}${part}: ${where}, ${formatCount(unacked)} not acknowledged${missed}`;
    });
  const more = first.length - lines.length;
  return more > 0 ? [...lines, `${formatCount(more)} more`] : lines;
}

/** Columns of a table's row that are not its name. */
const NUMBERS = 40;

function tableLines(
  { tables }: View,
  { rows, width }: { readonly rows: number; readonly width: number },
  bold: (text: string) => string,
): string[] {
  if (tables.tables.length === 0 || rows < 2) return [];
  const which = tables.isAll ? '' : ` of the first ${formatCount(tables.seen)}`;
  const shown = tables.tables
    .slice(0, rows - 1)
    .map(({ name, region, table, entries, bytes }) => [
      name === null
        ? `${region ?? '?'}/${table}`
        : printable(Buffer.from(name), Math.max(20, width - NUMBERS)),
      formatCount(entries),
      formatBytes(bytes),
    ]);
  const columns = [
    { title: `largest tables${which}` },
    { title: 'entries', align: 'right' },
    { title: 'bytes', align: 'right' },
  ] as const;
  return ['', ...grid(columns, shown, bold).split('\n')];
}

function spread({ count, p50, p90, p99, p999, max }: Spread): string {
  if (count === 0) return '-';
  const parts = [
    ['p50', p50],
    ['p90', p90],
    ['p99', p99],
    ['p99.9', p999],
    ['max', max],
  ] as const;
  return parts.map(([name, ms]) => `${name} ${latency(ms)}`).join('  ');
}

function phases({ phases: { fill, thread, write, answer } }: View): string {
  if (fill + thread + write + answer === 0) return '-';
  return `filling ${percent(fill)}  waiting for the thread ${percent(thread)}  writing ${percent(write)}  answering ${percent(answer)}`;
}

// A colour, which takes no room, or a character.
const PIECE = /(\p{Cc}\[[\d;]{1,12}m)|./gsu;

/** A line that takes at most so many columns. Its last colour ends with it. */
function cut(line: string, width: number): string {
  let used = 0;
  let kept = '';
  for (const [piece, colour] of line.matchAll(PIECE)) {
    if (colour !== undefined) kept += colour;
    else if (++used <= width) kept += showable(piece);
  }
  return kept;
}

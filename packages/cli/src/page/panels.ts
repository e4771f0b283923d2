import { formatBytes, formatCount, formatDuration, formatRate } from '../output/units.js';
import { percent } from '../top/words.js';
import { Chart } from './chart.js';
import { element, say } from './dom.js';
import type { SentView } from './history.js';
import { latencies } from './latencies.js';
import { type Content, type Panel, panel } from './panel.js';
import { type Row, Rows } from './rows.js';
import { linear } from './scale.js';
import { largestTables } from './tables.js';

/** All parts of the page, named as the lines of the terminal's view are. The view says how many threads there are. */
export function panelsOf({ busy }: SentView): Panel[] {
  return [
    panel('appends', 'a second', 'lead', ...appends()),
    panel(
      'answered',
      'from room to acknowledged',
      'lead',
      ...latencies('latency of appends', (view) => view.acknowledgedMs),
    ),
    panel(
      'synced',
      'writes with their sync',
      'lead',
      ...latencies('latency of synced writes', (view) => view.syncMs),
    ),
    panel('under way', 'not acknowledged yet', '', new Rows('under way', underWay())),
    panel('time is in', 'where frames spend it', '', new Rows('time of frames', phases())),
    panel('stalls', 'of each second, writes that had to wait', '', new Rows('stalls by cause', stalls())),
    panel('disk', 'files and memory of RocksDB', '', new Rows('disk', disk())),
    panel('threads', 'how busy each is', '', new Rows('threads', threads(busy.length))),
    panel('open', 'by the application', '', new Rows('open', open())),
    panel('largest tables', 'looked at every ten seconds', 'full', largestTables()),
  ];
}

function appends(): Content[] {
  const value = element('span', '', '-');
  const big: Content = {
    node: element('p', 'big', value, ' ', element('small', '', 'entries')),
    say: ({ rates }) => say(value, formatRate(rates.entries)),
  };
  const chart = new Chart({
    title: 'entries appended a second',
    lines: [{ name: 'entries', className: '', amountOf: ({ view }) => view.rates.entries }],
    scaleOf: (values) => linear(Math.max(0, ...values), 1000),
    format: formatRate,
    filled: true,
  });
  const rates = [
    rate(
      'bytes',
      ({ rates }) => rates.bytes,
      (bytes) => `${formatBytes(bytes)}/s`,
    ),
    rate('appends', ({ rates }) => rates.appends),
    rate('frames', ({ rates }) => rates.frames),
    rate('syncs', ({ rates }) => rates.syncs),
  ];
  return [big, chart, new Rows('appends a second', rates)];
}

function stalls(): Row[] {
  const causes = [
    ['memory', 'memory (flushes)'],
    ['level0', 'level0 (passes)'],
    ['stopped', 'stopped (all writes)'],
  ] as const;
  return causes.map(([cause, name]) => ({
    name,
    amountOf: ({ view }) => view.stalls[cause].ms,
    text: ({ stalls }) => `${formatDuration(stalls[cause].ms)}/s`,
    flagged: ({ stalls }) => stalls[cause].ms > 0,
  }));
}

function threads(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `thread ${i}`,
    amountOf: ({ view }) => view.busy[i] ?? 0,
    text: ({ busy }) => percent(busy[i] ?? 0),
    top: 1,
  }));
}

function phases(): Row[] {
  const names = [
    ['fill', 'filling'],
    ['thread', 'waiting for the thread'],
    ['write', 'writing'],
    ['answer', 'answering'],
  ] as const;
  return names.map(([phase, name]) => ({
    name,
    amountOf: ({ view }) => view.phases[phase],
    text: ({ phases }) => percent(phases[phase]),
    top: 1,
  }));
}

function underWay(): Row[] {
  return [
    {
      name: 'bytes',
      amountOf: ({ view }) => view.queue.inFlightBytes,
      text: ({ queue }) => `${formatBytes(queue.inFlightBytes)} of ${formatBytes(queue.maxInFlightBytes)}`,
    },
    count('waiting appends', ({ queue }) => queue.queuedAppends),
    bytes('waiting bytes', ({ queue }) => queue.queuedBytes),
    { ...rate('refused', ({ rates }) => rates.refused), flagged: ({ rates }) => rates.refused > 0 },
  ];
}

function disk(): Row[] {
  return [
    bytes('files', ({ disk }) => disk.tableFileBytes),
    bytes('memory', ({ disk }) => disk.memtableBytes),
    count('files at level 0', ({ disk }) => disk.level0Files),
    count('flushes', ({ disk }) => disk.flushes),
    count('compactions', ({ disk }) => disk.compactions),
    bytes('to compact', ({ disk }) => disk.pendingCompactionBytes),
    bytes('to give back', ({ disk }) => disk.pendingReclaimBytes),
  ];
}

function open(): Row[] {
  return [
    count('reads and follows', ({ openReads }) => openReads),
    count('busy writers', ({ busyWriters }) => busyWriters),
    count('consumers', ({ consumers }) => consumers.length),
    count('behind them', ({ consumers }) => consumers.reduce((sum, { lag }) => sum + Number(lag ?? 0), 0)),
  ];
}

function rate(
  name: string,
  of: (view: SentView) => number,
  format: (value: number) => string = formatRate,
): Row {
  return { name, amountOf: ({ view }) => of(view), text: (view) => format(of(view)) };
}

function bytes(name: string, of: (view: SentView) => number): Row {
  return rate(name, of, formatBytes);
}

function count(name: string, of: (view: SentView) => number): Row {
  return rate(name, of, formatCount);
}

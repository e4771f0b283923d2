import { toJson } from '../output/json.js';
import type { Colors } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../output/units.js';
import type { IngestResult } from './ingest.js';

/** The summary for machines: one JSON object. Counts are over all runs of the ingest; `seconds` is this run. */
export function summaryAsJson(name: string, result: IngestResult, seconds: number): string {
  const { begun, durable } = result;
  const lines = durable.line - begun.line;
  return toJson({
    outcome: result.outcome,
    name,
    readAs: result.reading,
    resumedAfterLine: begun.line,
    steppedOver: result.steppedOver,
    lines: durable.line,
    entries: durable.entries,
    tables: result.tables,
    empty: durable.empty,
    rejected: durable.rejected,
    rejectFile: durable.rejected > 0 ? result.rejectFile : undefined,
    bytes: durable.offset,
    entryBytes: durable.entryBytes,
    seconds: Number(seconds.toFixed(3)),
    linesPerSecond: Math.round(lines / Math.max(seconds, 0.001)),
    durableLine: durable.line,
    durableOffset: durable.offset,
    waitingBytes: result.waiting > 0 ? result.waiting : undefined,
  });
}

/** The summary for people. */
export function summaryForPeople(result: IngestResult, seconds: number, colors: Colors): string {
  const { begun, durable } = result;
  const { bold, yellow, dim } = colors;
  const lines = durable.line - begun.line;
  const bytes = durable.offset - begun.offset;
  const rows = [
    `${bold(plural(lines, 'line'))}, ${formatBytes(bytes)} in ${formatDuration(seconds * 1000)} ${dim(`(${formatRate(lines / seconds)}, ${formatBytes(bytes / seconds)}/s)`)}`,
    `${plural(durable.entries - begun.entries, 'entry', 'entries')} in ${plural(result.tables, 'table')}`,
  ];
  if (begun.line > 0)
    rows.push(
      `${plural(durable.line, 'line')} and ${plural(durable.entries, 'entry', 'entries')} in all, with the runs before`,
    );
  if (durable.empty > 0) rows.push(`${plural(durable.empty, 'empty line')} skipped`);
  if (durable.rejected > 0)
    rows.push(yellow(`${plural(durable.rejected, 'line')} rejected, kept in ${result.rejectFile}`));
  rows.push(`durable up to line ${formatCount(durable.line)}`);
  return rows.join('\n');
}

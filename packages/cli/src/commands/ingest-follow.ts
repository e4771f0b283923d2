import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { type FollowedFile, type FollowResult, follow } from '../follow/follow.js';
import { StopSignals } from '../ingest/stop-signals.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { formatCount, plural } from '../output/units.js';
import { givenOptions, type IngestJob, logOptions } from './ingest-flags.js';
import { openOrCreate } from './open-log.js';

const EVERY_MS = 250;
/** Rejected lines, and files at the end, that are told one by one. */
const SHOWN = 10;

/** `shale ingest --follow`. */
export async function followFiles(terminal: Terminal, job: Omit<IngestJob, 'inputs'>): Promise<number> {
  const { dir, flags } = job;
  const note = (text: string): void => {
    if (!flags.quiet) terminal.note(showable(text));
  };
  using stop = new StopSignals((signal, time) => {
    note(
      time === 'first'
        ? `${signal}: finishing what was read; again to stop at once`
        : `${signal} again: stopped at once; the same command goes on after the last checkpoint`,
    );
  });
  await using wal = await openOrCreate(dir, logOptions(flags), terminal);
  if (!flags.once) note(`following ${job.arguments.join(' ')}; Ctrl-C ends it`);
  let rejects = 0;
  const result = await follow({
    wal,
    directory: dir,
    inputs: job.arguments,
    given: givenOptions(flags),
    durability: flags.durability,
    everyMs: flags.every ?? EVERY_MS,
    once: flags.once === true,
    final: flags.final === true,
    signal: stop.signal,
    onNote: note,
    onReject: (path, { line, message }) => {
      rejects += 1;
      if (rejects <= SHOWN) note(`${path}: line ${line} rejected: ${message}`);
    },
  });
  if (flags.json)
    await terminal.out.line(asJson(result, stop.received === undefined ? 'complete' : 'stopped'));
  else if (!flags.quiet) await terminal.out.line(asText(result));
  await terminal.out.flush();
  if (stop.received !== undefined) return SIGNAL_EXIT[stop.received];
  return result.failed > 0 || (result.rejected > 0 && !flags.allowRejects) ? EXIT.findings : EXIT.ok;
}

function asJson({ files, ...totals }: FollowResult, outcome: 'complete' | 'stopped'): string {
  return toJson({
    outcome,
    ...totals,
    files: files.map(({ path, name, line, offset, entries, rejected }) => ({
      path,
      name,
      durableLine: line,
      durableOffset: offset,
      entries,
      rejected,
    })),
  });
}

function asText({ files, lines, entries, rejected, failed }: FollowResult): string {
  const rows = [
    `${plural(lines, 'line')}, ${plural(entries, 'entry', 'entries')} of ${plural(files.length, 'file')}`,
  ];
  if (rejected > 0) rows.push(`${plural(rejected, 'line')} rejected`);
  if (failed > 0) rows.push(`${plural(failed, 'file')} left out`);
  rows.push(...files.slice(0, SHOWN).map(durable));
  if (files.length > SHOWN) rows.push(`and ${formatCount(files.length - SHOWN)} more`);
  return rows.join('\n');
}

function durable({ path, line, offset }: FollowedFile): string {
  return `${showable(path)}: durable up to line ${formatCount(line)} (byte ${formatCount(offset)})`;
}

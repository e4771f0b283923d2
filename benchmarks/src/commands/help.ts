import type { SUITES } from '@shale/bench-kit';

type Suite = keyof typeof SUITES;
/** What can be asked of `npm run bench`. */
export type CommandName =
  | Suite
  | 'bars'
  | 'compare'
  | 'dashboard'
  | 'delivery'
  | 'guard'
  | 'readme'
  | 'report'
  | 'sustained';

const SUITE_OPTIONS = `  --rounds <n>      rounds in turn, of which tables show medians
  --seconds <s>     seconds for each case
  --seed <n>        of the payloads
  --only <regex>    the cases whose name matches
  --no-rivals       Shale alone
  --addon <file>    Shale with another addon beside it
  --out <dir>       where the report goes (benchmarks/reports)`;

const HELP: Readonly<Record<CommandName, { readonly about: string; readonly usage: string }>> = {
  quick: { about: 'the short suite, about two minutes', usage: `quick [options]\n\n${SUITE_OPTIONS}` },
  core: {
    about: 'the suite of the README; without a command, too',
    usage: `core [options]\n\n${SUITE_OPTIONS}`,
  },
  full: { about: 'every size with every batch; many hours', usage: `full [options]\n\n${SUITE_OPTIONS}` },
  compare: {
    about: 'which differences of two reports are more than noise',
    usage: 'compare <earlier.json> <later.json>',
  },
  report: {
    about: 'page and drawings once more from a report',
    usage: 'report <report.json> [--out <dir>]\n\n  --out <dir>       where they go (beside the report)',
  },
  readme: {
    about: 'the table in the README from a report',
    usage:
      'readme <report.json> [--file <file>]\n\n  --file <file>     another file with the markers of the table',
  },
  guard: {
    about: 'instruction counts against stored baselines',
    usage: 'guard [workload ...] [--update]\n\n  --update          stores them',
  },
  dashboard: {
    about: "Grafana's dashboard as a picture, from a busy process and a Prometheus server",
    usage: `dashboard [options]

  --seconds <s>     how long the curves are (180)
  --prometheus <program>  the server, if it is not on the PATH
  --out <file>      where the picture goes (docs/grafana/shale.svg)`,
  },
  delivery: {
    about: 'from append to a follower, beside to the acknowledgement',
    usage: `delivery [options]

  --out <dir>       where JSON, page and drawings go (benchmarks/reports)`,
  },
  sustained: {
    about: 'a backlog that grows, and a consumer that catches up',
    usage: `sustained [options]

  --gib <n>         how large the backlog gets (10)
  --tables <n>      tables (100)
  --bytes <n>       of an entry (1024)
  --batch <n>       entries of an append (100)
  --in-flight <n>   appends at once (16)
  --no-consumer     the consumer does not come back
  --db-bench        RocksDB's own benchmark writes for as long, too
  --busy            the consumer comes back before the log has a quiet moment
  --out <dir>       where JSON, page and drawings go (benchmarks/reports)`,
  },
  bars: {
    about: 'every promise about speed, memory and space, held against its bar; npm run bars, too',
    usage: `bars [name ...] [options]

  --rounds <n>      of the bars about speed (5)
  --seconds <s>     of each measurement of those (3)
  --out <dir>       where the report goes (benchmarks/reports)`,
  },
};

/** How a command is called; or which there are. */
export function helpOf(command: CommandName | null): string {
  if (command !== null) return `npm run bench -- ${HELP[command].usage}`;
  const rows = Object.entries(HELP).map(([name, { about }]) => `  ${name.padEnd(11)}${about}`);
  return [
    'npm run bench [-- command [options]]',
    '',
    ...rows,
    '',
    'npm run bench -- <command> --help tells its options. benchmarks/README.md says how it is measured.',
  ].join('\n');
}

import { formatMeasure, medians, type Report } from '@shale/bench-kit';
import { caseTitle } from './case-title.js';

/** Between these lines of a Markdown file the table stands, and nothing else. */
const BEGIN = '<!-- benchmarks: made by `npm run bench -- readme` -->';
const END = '<!-- /benchmarks -->';

/** Markdown of the cases that more than one store took part in: a column for each store, and how far Shale is ahead. */
export function readmeTable(report: Report): string {
  const stores = report.stores.filter((store) => store.absent === null).map((store) => store.name);
  const ids = [...new Set(report.cases.map((one) => one.id))];
  const rows = ids.flatMap((id) => {
    const results = report.cases.filter((one) => one.id === id && one.rounds.length > 0);
    const [first] = results;
    if (first === undefined || results.length < 2) return [];
    const rates = stores.map((store) => {
      const result = results.find((one) => one.store === store);
      return result === undefined ? undefined : medians(result.rounds).entriesPerSecond;
    });
    const best = Math.max(...rates.filter((rate) => rate !== undefined));
    const cells = rates.map((rate) => {
      if (rate === undefined) return '';
      const text = formatMeasure('entriesPerSecond', rate);
      return rate === best ? `**${text}**` : text;
    });
    return [`| ${[caseTitle(first.spec), ...cells].join(' | ')} |`];
  });
  const { machine, versions, device } = report;
  const disk = device === null ? '' : `; the disk alone: ${device.perSecond.toFixed(0)} fdatasyncs/s`;
  return [
    `| entries per second | ${stores.join(' | ')} |`,
    `|---|${stores.map(() => '---:').join('|')}|`,
    ...rows,
    '',
    `Medians of ${report.roundsWanted} rounds in turn, each case ${report.secondsPerCase} s long in a new directory. ${machine.cpu}, ${machine.cores} cores, ${machine.fileSystem}, Node.js ${versions.node ?? '?'}, RocksDB ${versions.rocksdb ?? '?'}${disk}.`,
  ].join('\n');
}

/** The file with the table between its two markers replaced. Throws when they are not there, once each, in order. */
export function insertTable(text: string, table: string): string {
  const [before, rest, ...more] = text.split(BEGIN);
  const [, after, ...evenMore] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length + evenMore.length > 0) {
    throw new Error(`the file has no place for the table: a line ${BEGIN}, and below it a line ${END}`);
  }
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withScratch } from '@shale/bench-kit';
import type { WalOptions } from '@shale/engine';
import { standAlone } from '../report/drawings.js';
import { renderSustainedPage, timeFigures } from '../report/sustained-page.js';
import { COLUMNS, TERMS } from '../report/sustained-terms.js';
import type { LoadSpec } from '../sustained/load.js';
import { measureSustained } from '../sustained/measure.js';
import type { Sample, SustainedRecord } from '../sustained/record.js';
import { measuredDirectory, REPORTS } from './place.js';
import { count, parseCommand, UsageError } from './usage.js';

const HEADINGS = ['  GiB', ...Object.values(COLUMNS)];

/** Grows a backlog, prints what each GiB costs, lets a consumer catch up, and draws all of it over time. */
export async function sustainedCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommand({
    args: [...args],
    options: {
      gib: { type: 'string' },
      tables: { type: 'string' },
      bytes: { type: 'string' },
      batch: { type: 'string' },
      'in-flight': { type: 'string' },
      busy: { type: 'boolean', default: false },
      'no-consumer': { type: 'boolean', default: false },
      'db-bench': { type: 'boolean', default: false },
      out: { type: 'string', default: REPORTS },
    },
  });
  const spec: LoadSpec = {
    tables: count('tables', values.tables) ?? 100,
    entryBytes: count('bytes', values.bytes) ?? 1024,
    batch: count('batch', values.batch) ?? 100,
    inFlight: count('in-flight', values['in-flight']) ?? 16,
  };
  const gib = count('gib', values.gib) ?? 10;
  if (process.platform !== 'linux') throw new UsageError('sustained counts what is written as Linux does');
  const wal: WalOptions = {
    durability: 'os',
    rocksdb: JSON.parse(process.env.SHALE_BENCH_ROCKSDB ?? '{}'),
  };
  const { tables, entryBytes, batch, inFlight } = spec;
  console.log(`${batch} x ${entryBytes} B over ${tables} tables, 'os', ${inFlight} in flight`);
  console.log(row(HEADINGS));
  let shown = 0;
  const record = await withScratch(measuredDirectory(), (directory) =>
    measureSustained(
      directory,
      {
        wal,
        gib,
        spec,
        isBusy: values.busy,
        hasConsumer: !values['no-consumer'],
        isCompared: values['db-bench'],
      },
      {
        part: (part) => console.log(row([`${++shown}`, ...cells(part)])),
        line: (line) => console.log(line),
      },
    ),
  );
  console.log(['', ...TERMS, ''].join('\n'));
  for (const path of write(record, values.out)) console.log(path);
  return 0;
}

/** Writes the measurement as JSON, as a page and as drawings in a directory; returns the paths of these. */
function write(record: SustainedRecord, directory: string): readonly string[] {
  const { startedAt, gib, spec } = record;
  const time = startedAt.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const name = `sustained-${gib}g-${spec.entryBytes}b-${spec.tables}t-${time}`;
  const drawings = join(directory, name);
  mkdirSync(drawings, { recursive: true });
  const json = join(directory, `${name}.json`);
  writeFileSync(json, `${JSON.stringify(record, null, 1)}\n`);
  for (const { name: drawing, svg } of timeFigures(record)) {
    writeFileSync(join(drawings, `${drawing}.svg`), standAlone(svg));
  }
  const page = join(directory, `${name}.html`);
  writeFileSync(page, renderSustainedPage(record));
  return [json, page, drawings];
}

function cells({ seconds, entries, bytes, handedOver, onDisk, cpuSeconds, ...part }: Sample): string[] {
  return [
    `${Math.round(entries / seconds / 1000)} k`,
    (handedOver / bytes).toFixed(2),
    (onDisk / bytes).toFixed(2),
    ((cpuSeconds / entries) * 1e6).toFixed(1),
    `${part.p999Ms?.toFixed(0)}`,
    `${part.worstMs?.toFixed(0)}`,
    `${part.level0}`,
  ];
}

function row(values: readonly string[]): string {
  return values.map((value, at) => value.padStart(HEADINGS[at]?.length ?? 0)).join('  ');
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withScratch } from '@shale/bench-kit';
import { measureDelivery } from '../delivery/measure.js';
import { deliveryFigures, HEADINGS, renderDeliveryPage, rowOf } from '../report/delivery-page.js';
import { standAlone } from '../report/drawings.js';
import { measuredDirectory, REPORTS } from './place.js';
import { parseCommand } from './usage.js';

/** Measures from the call of append to a follower, prints it, and draws it. */
export async function deliveryCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommand({
    args: [...args],
    options: { out: { type: 'string', default: REPORTS } },
  });
  console.log(HEADINGS.join('; '));
  const record = await withScratch(measuredDirectory(), (directory) =>
    measureDelivery(directory, (measured) => console.log(rowOf(measured).join('; '))),
  );
  const time = record.startedAt.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const drawings = join(values.out, `delivery-${time}`);
  mkdirSync(drawings, { recursive: true });
  writeFileSync(`${drawings}.json`, `${JSON.stringify(record, null, 1)}\n`);
  writeFileSync(`${drawings}.html`, renderDeliveryPage(record));
  for (const { name, svg } of deliveryFigures(record)) {
    writeFileSync(join(drawings, `${name}.svg`), standAlone(svg));
  }
  for (const path of [`${drawings}.json`, `${drawings}.html`, drawings]) console.log(path);
  return 0;
}

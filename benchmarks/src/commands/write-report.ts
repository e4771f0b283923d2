import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport, type Report } from '@shale/bench-kit';
import { drawingsOf } from '../report/drawings.js';
import { renderPage } from '../report/page.js';

/** Writes a report as JSON, as a page and as drawings into a directory; returns the paths of the first two. */
export function writeReport(
  report: Report,
  directory: string,
): { readonly json: string; readonly page: string } {
  mkdirSync(directory, { recursive: true });
  const name = `${report.suite}-${report.startedAt.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
  const json = join(directory, `${name}.json`);
  // What is read must be what was written: a report that cannot be read back is not one.
  const text = JSON.stringify(report, null, 1);
  parseReport(JSON.parse(text));
  writeFileSync(json, `${text}\n`);
  return { json, page: writePage(report, directory, name) };
}

/** Writes the page and the drawings of a report; returns the path of the page. */
export function writePage(report: Report, directory: string, name: string): string {
  const drawings = join(directory, name);
  mkdirSync(drawings, { recursive: true });
  for (const [file, svg] of drawingsOf(report)) writeFileSync(join(drawings, file), svg);
  const page = join(directory, `${name}.html`);
  writeFileSync(page, renderPage(report));
  return page;
}

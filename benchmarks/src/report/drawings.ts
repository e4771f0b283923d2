import type { Report } from '@shale/bench-kit';
import { DRAWING_STYLE } from './page-style.js';
import { sectionsOf } from './sections.js';

/** The drawings of a report as SVG files that stand alone, by file name. */
export function drawingsOf(report: Report): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { id, figures } of sectionsOf(report)) {
    figures.forEach((figure, i) => {
      files.set(`${id}-${i + 1}.svg`, standAlone(figure.svg));
    });
  }
  return files;
}

/** A drawing that brings its colours with it, for light and for dark. */
export function standAlone(svg: string): string {
  const opening = svg.replace(/^<svg /, '<svg xmlns="http://www.w3.org/2000/svg" ');
  return `${opening.replace(/^(<svg[^>]*>)/, `$1<style>${DRAWING_STYLE}</style>`)}\n`;
}

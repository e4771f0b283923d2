import type { PlotOptions } from '@observablehq/plot';
import { plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Colours are variables of the page (or of a stand-alone SVG), so that one drawing serves light and dark. */
export const COLORS = {
  shale: 'var(--shale)',
  second: 'var(--second)',
  third: 'var(--third)',
  rival: 'var(--rival)',
  faint: 'var(--faint)',
  text: 'currentColor',
} as const;

/** Draws a plot, without a browser, as the text of an SVG element. Its width is that of a phone; it scales up. */
export function draw(options: PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const element = plot({
    style: { background: 'transparent', fontSize: '12px', overflow: 'visible' },
    ...options,
    document,
  });
  // Each drawing carries a style element for its class, which in one page is the same a dozen times.
  return element.outerHTML.replace(/<style>[\s\S]*?<\/style>/, '');
}

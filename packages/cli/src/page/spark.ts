import { area, curve, HEIGHT, WIDTH } from './curve.js';
import { drawing } from './dom.js';
import type { History, Look } from './history.js';

/** A small picture of how a value has been: from 0 to its most. The value itself stands beside it as text. */
export class Spark {
  readonly node: SVGElement;
  readonly #line = drawing('path', { class: 'line', 'vector-effect': 'non-scaling-stroke' });
  readonly #area = drawing('path', { class: 'area' });

  constructor() {
    this.node = drawing(
      'svg',
      {
        class: 'spark',
        viewBox: `0 -5 ${WIDTH} ${HEIGHT + 10}`,
        preserveAspectRatio: 'none',
        'aria-hidden': 'true',
      },
      this.#area,
      this.#line,
    );
  }

  draw(history: History, amountOf: (look: Look) => number | undefined, top?: number): void {
    const runs = history.points(amountOf);
    const most = top ?? runs.flat().reduce((most, { value }) => Math.max(most, value), 0);
    const heightOf = (value: number): number => (most > 0 ? value / most : 0);
    this.#line.setAttribute('d', curve(runs, heightOf));
    this.#area.setAttribute('d', area(runs, heightOf));
  }
}

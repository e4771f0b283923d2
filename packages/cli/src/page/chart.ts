import { area, curve, HEIGHT, WIDTH } from './curve.js';
import { drawing, element } from './dom.js';
import type { History, Look, Point } from './history.js';
import type { Scale } from './scale.js';

/** One of the lines of a chart. Each has dashes of its own: colour alone tells nobody anything. */
export interface Line {
  readonly name: string;
  readonly className: '' | 'second' | 'third';
  readonly amountOf: (look: Look) => number | undefined;
}

/** What a chart is of. */
export interface ChartOptions {
  /** For those who do not see it. */
  readonly title: string;
  readonly lines: readonly Line[];
  readonly scaleOf: (values: readonly number[]) => Scale;
  readonly format: (value: number) => string;
  /** Whether what is under the first line is filled. */
  readonly filled: boolean;
}

/** Values over the last few minutes, with marks beside them. */
export class Chart {
  readonly node: HTMLElement;
  readonly #options: ChartOptions;
  readonly #svg: SVGElement;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#svg = drawing('svg', {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': options.title,
    });
    this.node = element('div', 'chart', this.#svg);
  }

  draw(history: History): void {
    const { lines, scaleOf, filled } = this.#options;
    const runs = lines.map(({ amountOf }) => history.points(amountOf));
    const values = runs.flat(2).map(({ value }) => value);
    const scale = scaleOf(values);
    const paths = lines.map(({ className }, i) => {
      const d = curve(runs[i] ?? [], scale.heightOf);
      return drawing('path', { class: `line ${className}`, d, 'vector-effect': 'non-scaling-stroke' });
    });
    const fill = filled ? [drawing('path', { class: 'area', d: area(runs[0] ?? [], scale.heightOf) })] : [];
    this.#svg.replaceChildren(...gridOf(scale), ...fill, ...paths);
    this.#svg.setAttribute('aria-label', this.#inWords(runs));
    this.node.replaceChildren(this.#svg, ...this.#marksOf(scale));
  }

  #marksOf({ marks, heightOf }: Scale): HTMLElement[] {
    return marks.map((mark) => {
      const label = element('span', '', this.#options.format(mark));
      label.setAttribute('aria-hidden', 'true');
      label.style.top = `${100 * (1 - heightOf(mark))}%`;
      return label;
    });
  }

  #inWords(runs: readonly (readonly (readonly Point[])[])[]): string {
    const { title, lines, format } = this.#options;
    const parts = lines.map(({ name }, i) => {
      const values = (runs[i] ?? []).flat().map(({ value }) => value);
      if (values.length === 0) return `${name}: nothing yet`;
      return `${name}: ${format(Math.min(...values))} to ${format(Math.max(...values))}`;
    });
    return `${title}; ${parts.join('; ')}`;
  }
}

function gridOf({ marks, heightOf }: Scale): SVGElement[] {
  return [...marks.map(heightOf), 0].map((height) => {
    const y = String(HEIGHT * (1 - height));
    return drawing('line', {
      class: 'grid',
      x1: '0',
      x2: String(WIDTH),
      y1: y,
      y2: y,
      'vector-effect': 'non-scaling-stroke',
    });
  });
}

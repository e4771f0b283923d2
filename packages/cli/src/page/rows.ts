import { element, say } from './dom.js';
import type { History, Look, SentView } from './history.js';
import { Spark } from './spark.js';

/** A value, by its name, as text, and as a small picture of how it has been. */
export interface Row {
  readonly name: string;
  readonly amountOf: (look: Look) => number;
  readonly text: (view: SentView) => string;
  /** What the picture reaches up to; without it, the most there was. */
  readonly top?: number;
  /** Whether somebody has to look at it. */
  readonly flagged?: (view: SentView) => boolean;
}

/** Rows of values, one below the other. */
export class Rows {
  readonly node: HTMLTableElement;
  readonly #rows: readonly {
    readonly row: Row;
    readonly node: HTMLElement;
    readonly value: HTMLElement;
    readonly spark: Spark;
  }[];

  constructor(label: string, rows: readonly Row[]) {
    this.#rows = rows.map((row) => {
      const spark = new Spark();
      const value = element('td', '');
      const head = element('th', '', row.name);
      head.scope = 'row';
      return { row, value, spark, node: element('tr', '', head, element('td', '', spark.node), value) };
    });
    const body = element('tbody', '', ...this.#rows.map(({ node }) => node));
    this.node = element('table', 'rows', body);
    this.node.setAttribute('aria-label', label);
  }

  say(view: SentView): void {
    for (const { row, node, value } of this.#rows) {
      const isFlagged = row.flagged?.(view) ?? false;
      node.classList.toggle('flagged', isFlagged);
      say(value, `${isFlagged ? '▲ ' : ''}${row.text(view)}`);
    }
  }

  draw(history: History): void {
    for (const { row, spark } of this.#rows) spark.draw(history, row.amountOf, row.top);
  }
}

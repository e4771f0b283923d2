import { showable } from '../output/showable.js';
import { formatBytes, formatCount } from '../output/units.js';
import { element, say } from './dom.js';
import { keyOf, type SentTable } from './history.js';
import type { Content } from './panel.js';
import { Spark } from './spark.js';

const COLUMNS = ['table', 'over time', 'entries', 'bytes'] as const;

interface TableRow {
  readonly node: HTMLElement;
  readonly entries: HTMLElement;
  readonly bytes: HTMLElement;
  readonly spark: Spark;
}

/** The largest tables, the largest first. */
export function largestTables(): Content {
  const note = element('p', '', 'none yet');
  const body = element('tbody', '');
  const heads = COLUMNS.map((name) => {
    const head = element('th', '', name);
    head.scope = 'col';
    return head;
  });
  const table = element('table', 'list', element('thead', '', element('tr', '', ...heads)), body);
  table.setAttribute('aria-labelledby', 'panel-largest-tables');
  // What scrolls can be scrolled by keys.
  const scroll = element('div', 'scroll', table);
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'group');
  scroll.setAttribute('aria-labelledby', 'panel-largest-tables');
  let rows = new Map<string, TableRow>();
  return {
    node: element('div', '', note, scroll),
    say: ({ tables: { tables, seen, isAll } }) => {
      note.hidden = isAll && tables.length > 0;
      scroll.hidden = tables.length === 0;
      if (!isAll) say(note, `of the first ${formatCount(seen)}`);
      const next = new Map(tables.map((one) => [keyOf(one), rows.get(keyOf(one)) ?? rowOf(one)]));
      for (const one of tables) {
        const row = next.get(keyOf(one));
        if (row === undefined) continue;
        say(row.entries, formatCount(BigInt(one.entries)));
        say(row.bytes, formatBytes(one.bytes));
      }
      if ([...next.keys()].join() !== [...rows.keys()].join()) {
        body.replaceChildren(...[...next.values()].map(({ node }) => node));
      }
      rows = next;
    },
    draw: (history) => {
      for (const [key, { spark }] of rows) spark.draw(history, ({ tableBytes }) => tableBytes.get(key));
    },
  };
}

function rowOf({ name, region, table }: SentTable): TableRow {
  const shown = name === null ? `${region ?? '?'}/${table}` : showable(name);
  const head = element('th', '', element('bdi', '', shown));
  head.scope = 'row';
  head.title = shown;
  const [entries, bytes, spark] = [element('td', ''), element('td', ''), new Spark()];
  const node = element('tr', '', head, element('td', '', spark.node), entries, bytes);
  return { node, entries, bytes, spark };
}

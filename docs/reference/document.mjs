// The document: text by hand, and between marks what comes from the code.
//
//   <!-- api: WalOptions ReadOptions -->   these symbols, in this order
//   <!-- api: Wal as wal -->               a class, its methods as calls on `wal`
//   <!-- api: errors -->                   the table of error codes
//   ...
//   <!-- /api -->
import { errorTable } from './errors.mjs';
import { Prose } from './prose.mjs';
import { renderSymbol } from './symbols.mjs';

const BLOCK = /^<!-- api: (.*?) -->\n(?:.*?\n)??<!-- \/api -->$/gms;

/**
 * Fills in what comes from the code.
 *
 * @param {string} document
 * @param {import('./reflect.mjs').Api} api
 * @returns {{ text: string, complaints: string[] }}
 */
export function fillIn(document, api) {
  const complaints = [...api.complaints];
  const prose = new Prose(api.symbols);
  /** @type {Set<string>} */
  const placed = new Set();
  const text = document.replaceAll(BLOCK, (_, what) => {
    const [, names = what, as] = /^(\S+) as (\S+)$/.exec(what) ?? [];
    const parts = names.split(' ').map((/** @type {string} */ name) => {
      if (name === 'errors') return errorTable();
      const symbol = api.symbols.get(name);
      if (symbol === undefined) {
        complaints.push(`docs/api.md has a place for ${name}, which is not exported`);
        return '';
      }
      if (placed.has(name)) complaints.push(`docs/api.md has two places for ${name}`);
      placed.add(name);
      return renderSymbol(symbol, prose, as);
    });
    return `<!-- api: ${what} -->\n\n${parts.join('\n\n')}\n\n<!-- /api -->`;
  });
  for (const name of api.symbols.keys()) {
    if (!placed.has(name)) complaints.push(`${name} is exported, and has no place in docs/api.md`);
  }
  return { text, complaints: [...complaints, ...prose.complaints, ...deadLinks(text)] };
}

/** Links to headings that are not there. @param {string} text */
function deadLinks(text) {
  const headings = new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading)));
  const targets = new Set([...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, target = '']) => target));
  return [...targets]
    .filter((target) => !headings.has(target))
    .map((target) => `docs/api.md has no heading #${target}`);
}

/** What GitHub makes of a heading. @param {string} heading */
function anchor(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

import { readFileSync, writeFileSync } from 'node:fs';
import { fillIn } from './document.mjs';
import { reflect } from './reflect.mjs';

/**
 * Brings the parts of a document that come from the code up to date, or only checks them. Returns what is wrong: a symbol
 * that has no place in the document or no doc comment, and when it checks, a part that is not what the code says.
 *
 * @param {{ check: boolean, document: string, package: string, door: string[] }} options `door`: the files that the
 *   exports of the package come from
 * @returns {Promise<string[]>}
 */
export async function update(options) {
  const api = await reflect(options.package, options.door);
  const before = readFileSync(options.document, 'utf8');
  const { text, complaints } = fillIn(before, api);
  if (text === before) return complaints;
  if (options.check) return [...complaints, `${options.document} is not what the code says: npm run docs`];
  writeFileSync(options.document, text);
  return complaints;
}

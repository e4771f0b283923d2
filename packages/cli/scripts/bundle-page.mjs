// Makes dist/page.html, the page of `shale top --web`, out of src/page: its script, style and all else are in that file.
// Called after each compilation, and before tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeIfOther } from '../../../scripts/lib/bundle/files.mjs';
import { bundleScript } from '../../../scripts/lib/bundle/script.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));

export async function bundlePage() {
  const source = (/** @type {string} */ name) => readFileSync(join(folder, 'src', 'page', name), 'utf8');
  const script = await bundleScript(join(folder, 'dist', 'page', 'main.js'));
  const page = fill(fill(source('page.html'), 'style', source('page.css')), 'script', script);
  writeIfOther(join(folder, 'dist', 'page.html'), page);
}

/** @param {string} html @param {'style' | 'script'} element @param {string} text */
function fill(html, element, text) {
  const [before, behind, ...more] = html.split(`<${element}></${element}>`);
  if (behind === undefined || more.length > 0) throw new Error(`the page must have one empty ${element}`);
  if (text.includes(`<${element}`) || text.includes(`</${element}`))
    throw new Error(`the ${element} would end`);
  return `${before}<${element}>\n${text}</${element}>${behind}`;
}

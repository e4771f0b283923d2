// Writes the parts of docs/api.md that come from the code: `npm run docs`. With --check it only says what is wrong with
// them, as `npm run check` does: a symbol that has no place in the document or no doc comment, a part that is not what
// the code says.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fillIn } from './document.mjs';
import { reflect } from './reflect.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    document: { type: 'string', default: join(root, 'docs', 'api.md') },
    package: { type: 'string', default: join(root, 'packages', 'engine') },
    door: { type: 'string', multiple: true, default: ['src/index.ts', 'src/admin.ts'] },
  },
});

const api = await reflect(values.package, values.door);
const before = readFileSync(values.document, 'utf8');
const { text, complaints } = fillIn(before, api);
if (!values.check && text !== before) writeFileSync(values.document, text);
if (values.check && text !== before)
  complaints.push(`${values.document} is not what the code says: npm run docs`);
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;

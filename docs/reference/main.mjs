// Writes the parts of docs/api.md that come from the code: `npm run docs`. With --check it only says what is wrong with
// them, as `npm run check` does.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { update } from './update.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    document: { type: 'string', default: join(root, 'docs', 'api.md') },
    package: { type: 'string', default: join(root, 'packages', 'engine') },
    door: { type: 'string', multiple: true, default: ['src/index.ts', 'src/admin.ts'] },
  },
});

const complaints = await update(values);
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;

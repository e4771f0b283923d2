// `npm run example`: sets up, PostgreSQL included, and kills the ingest service of examples/ under load. Options:
//
//   --kills <count>   so many times; 10
//   bench             measures it instead: see examples/ingest-service/README.md

import { installPackages } from './lib/apt.mjs';
import { ended, start } from './lib/child.mjs';
import { fail, SetupError } from './lib/say.mjs';
import { setup } from './setup.mjs';

const BY_HAND = `Install PostgreSQL, then run this again:
  Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y --no-install-recommends postgresql
  Fedora, RHEL     sudo dnf install -y postgresql-server
  macOS            brew install postgresql`;

async function ensurePostgres() {
  const { whyNoPostgres } = await import('../examples/trial/src/postgres.js');
  const missing = whyNoPostgres();
  if (missing === undefined) return;
  if (!(await installPackages(['postgresql'], BY_HAND))) throw new SetupError(`${missing}.\n${BY_HAND}`);
  const still = whyNoPostgres();
  if (still !== undefined) throw new SetupError(`${still}.\n${BY_HAND}`);
}

try {
  await setup();
  await ensurePostgres();
  const program = ['examples/trial/src/main.js', ...process.argv.slice(2)];
  const outcome = await ended(start(process.execPath, program, 'inherit'));
  if (outcome !== 0) process.exitCode = 1;
} catch (error) {
  fail(error);
}

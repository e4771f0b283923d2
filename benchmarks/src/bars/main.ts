// `npm run bars [-- name ...]`: checks the promises that hold on any machine, and exits with 1 when one does not.
// Those that take minutes run when they are named.
import type { Bar } from './bar.js';
import { jointBar } from './joint.js';
import { mainThreadBar } from './main-thread.js';
import { memoryBar } from './memory.js';
import { namesBar } from './names.js';
import { openBar } from './open.js';
import { spaceBar } from './space.js';
import { tablesBar } from './tables.js';
import { trimsBar } from './trims.js';

const BARS: readonly Bar[] = [
  mainThreadBar,
  jointBar,
  memoryBar,
  namesBar('names', 100_000, false),
  namesBar('names-1m', 1_000_000, true),
  openBar,
  spaceBar,
  tablesBar,
  trimsBar,
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !BARS.some((bar) => bar.name === name));
if (unknown.length > 0) {
  console.error(
    `no bar is called ${unknown.join(', ')}; there are ${BARS.map((bar) => bar.name).join(', ')}`,
  );
  process.exit(2);
}
for (const bar of BARS) {
  if (wanted.length > 0 ? !wanted.includes(bar.name) : bar.isLong === true) continue;
  console.log(`${bar.name}: ${bar.about}`);
  for (const finding of await bar.run()) {
    console.log(
      `  ${finding.holds ? 'holds' : 'MISSED'}  ${finding.what}: ${finding.measured}; bar: ${finding.bar}`,
    );
    if (!finding.holds) process.exitCode = 1;
  }
}

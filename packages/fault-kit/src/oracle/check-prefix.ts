import { type Fate, nameOf, type Part } from './entries.js';
import type { FindingList } from './finding-list.js';

/** What is in is a prefix of what each process submitted, unless something was broken inside it. */
export function checkPrefix(present: ReadonlyMap<Part, Fate>, list: FindingList): void {
  let missing: Part | null = null;
  for (const [part, fate] of present) {
    const { run, outcome } = part.submit;
    if (run.broken || outcome === 'refused') continue;
    if (missing !== null && missing.submit.run !== run) missing = null;
    if (fate === 'out') missing ??= part;
    else if (fate === 'in' && missing !== null) {
      const expected = `it before ${nameOf(part.submit)}`;
      list.add('hole', expected, `that one, and nothing of it`, undefined, missing);
      missing = null;
    }
  }
}

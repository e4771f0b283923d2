import { type AppendSubmit, nameOf } from './entries.js';
import type { Finding } from './finding.js';
import type { TableVerdict } from './table-check.js';

/** Whether every write over several tables is in all of them, or in none. */
export function checkAtomicity(verdicts: readonly TableVerdict[]): Finding[] {
  const findings: Finding[] = [];
  const fates = new Map(verdicts.flatMap(({ present }) => [...present]));
  const seen = new Set<AppendSubmit>();
  for (const { submit } of fates.keys()) {
    if (submit.parts.length < 2 || seen.has(submit)) continue;
    seen.add(submit);
    const counted = submit.parts.filter(({ record }) => record.count > 0);
    const inside = counted.find((part) => fates.get(part) === 'in');
    const outside = counted.find((part) => fates.get(part) === 'out');
    if (inside === undefined || outside === undefined) continue;
    findings.push({
      kind: 'split',
      table: outside.table.key,
      submit: nameOf(submit),
      expected: `its part of the write that is in table ${inside.table.key}`,
      found: 'nothing of it',
    });
  }
  return findings;
}

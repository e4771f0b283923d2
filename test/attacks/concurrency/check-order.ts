import type { Placement } from './placement.js';

/** The appends of one client to one table must get their sequences, and their answers, in the order they were made in. */
export function checkOrder(table: string, { placed }: Placement): string[] {
  const clients = new Set(placed.map(({ op }) => op.client));
  return [...clients].flatMap((client) =>
    checkClient(
      table,
      placed.filter(({ op }) => op.client === client),
    ),
  );
}

function checkClient(table: string, placed: Placement['placed']): string[] {
  const violations: string[] = [];
  let invoked = Number.NEGATIVE_INFINITY;
  let returned = Number.NEGATIVE_INFINITY;
  for (const { op, first } of placed) {
    if (op.invoked < invoked)
      violations.push(`${table}: the append at ${first} was made before an earlier one`);
    invoked = Math.max(invoked, op.invoked);
    if (op.outcome !== 'ok') continue;
    if (op.returned < returned) {
      violations.push(`${table}: the append at ${first} was acknowledged before an earlier one`);
    }
    returned = Math.max(returned, op.returned);
  }
  return violations;
}

// The long form: npm run attack -- follow --count 300
import { expect, test } from 'vitest';
import { follow } from '../../dist/attacks/follow/follow.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('what a follow gives is dense or a gap that is told, whatever is trimmed, dropped and killed meanwhile', async () => {
  const figures = await runAttack(follow, { seed: 3, count: 2 });
  for (const what of ['entries', 'gaps', 'drops', 'deaths']) expect(figures[what], what).toBeGreaterThan(0);
});

// The long form: npm run attack -- joint --count 300
import { expect, test } from 'vitest';
import { joint } from '../../dist/attacks/joint/joint.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('writes over shards and new names hold beside deaths, a full disk, regions, reclaims and another WAL', async () => {
  const figures = await runAttack(joint, { seed: 5, count: 4 });
  for (const what of ['unknown', 'foundIn', 'deaths', 'closings', 'regions', 'lists', 'names']) {
    expect(figures[what], what).toBeGreaterThan(0);
  }
});

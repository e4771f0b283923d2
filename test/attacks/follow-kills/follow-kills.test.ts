// The long form: npm run attack -- follow-kills --minutes 60
import { expect, test } from 'vitest';
import { followKills } from '../../dist/attacks/follow-kills/follow-kills.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('a program that is killed again and again and keeps its own position is given every entry once and in order', async () => {
  const figures = await runAttack(followKills, { seed: 23, count: 0.05 });
  expect(figures.kills).toBe(2);
  expect(figures.entries).toBeGreaterThan(10_000);
});

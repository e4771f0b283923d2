// The long form: npm run attack -- soak --minutes 60
import { expect, test } from 'vitest';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';
import { Bounds } from '../../dist/attacks/soak/bounds.js';
import { soak } from '../../dist/attacks/soak/soak.js';

test('after a warm-up neither memory nor files nor threads nor disk grow, and verify finds nothing', async () => {
  const figures = await runAttack(soak, { seed: 5, count: 0.2 });
  expect(figures.lives).toBeGreaterThan(1);
  expect(figures.operations).toBeGreaterThan(100);
});

test('what grows beyond its bound is told', () => {
  const bounds = new Bounds('here', { files: [0.5, 2] });
  for (const files of [7, 10, 8]) bounds.sample({ files }, false);
  bounds.sample({ files: 17 }, true);
  expect(() => bounds.sample({ files: 18 }, true)).toThrow(/files here grew to 18.*at most 10.*17 may be/);
});

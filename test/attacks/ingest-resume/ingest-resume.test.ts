// The long form: npm run attack -- ingest-resume --count 2000
import { expect, test } from 'vitest';
import { ingestResume } from '../../dist/attacks/ingest-resume/ingest-resume.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';
import { longForm } from '../runner/long-form.js';

const { directory } = longForm(1);

test('whatever is done to an ingest, and in whatever order: every line is in once and only once, and so is every reject', async () => {
  const figures = await runAttack(ingestResume, { seed: 600, count: 6, under: directory });
  expect(figures.runs).toBeGreaterThan(12);
  expect(figures.entriesCompared).toBeGreaterThan(1000);
});

import { expect, test } from 'vitest';
import { BriefPoll } from '../dist/worker/brief-poll.js';

test('a thread looks for more when tasks come one right after the other, and only for a moment', async () => {
  const poll = new BriefPoll(2);
  const now = performance.now();
  poll.taskBegins(now);
  poll.taskEnds(now);
  expect(poll.isPolling).toBe(false);
  poll.taskBegins(now + 0.1);
  poll.taskEnds(now + 0.2);
  expect(poll.isPolling).toBe(true);
  await expect.poll(() => poll.isPolling).toBe(false);
});

test('a thread sleeps at once when tasks come at intervals, and on a machine with one core', () => {
  const poll = new BriefPoll(2);
  const alone = new BriefPoll(1);
  for (let now = 0; now < 10; now++) {
    poll.taskBegins(now);
    poll.taskEnds(now + 0.1);
    alone.taskBegins(now);
    alone.taskEnds(now + 0.9);
  }
  expect(poll.isPolling).toBe(false);
  expect(alone.isPolling).toBe(false);
});

// The long form: npm run attack -- cluster --count 200
import { expect, test } from 'vitest';
import { cluster } from '../../dist/attacks/cluster/cluster.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';
import { natsServer } from '../../support/nats-server.js';

test.skipIf('missing' in natsServer())(
  'whatever becomes of its servers and of the process that ships, a replica has every entry once',
  async () => {
    const figures = await runAttack(cluster, { seed: 4, count: 2 });
    expect(figures.faults).toBe(2);
    expect(figures.entries).toBeGreaterThan(0);
  },
);

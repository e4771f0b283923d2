import type { Random } from '../../support/random.js';
import type { Clients, Target } from './clients.js';

/** The region of the tables by ids. */
export const REGION = 1n;
/** Tables by ids, and by names. */
export const BY_ID: readonly Target[] = [1n, 2n, 3n].map((table) => ({
  key: `${REGION}/${table}`,
  id: { region: REGION, table },
}));
export const TARGETS: readonly [Target, ...Target[]] = [
  BY_ID[0] as Target,
  ...BY_ID.slice(1),
  ...['a', 'b'].map((name) => ({ key: name, id: name })),
];

/** Appends, reads and trims at the same time for as long as `goesOn`. Rejects with what the first of them rejects with. */
export async function work(clients: Clients, random: Random, goesOn: () => boolean): Promise<void> {
  const each = async (call: () => Promise<void>): Promise<void> => {
    while (goesOn()) await call();
  };
  await Promise.all([
    each(async () => {
      const some = Array.from({ length: 1 + random.below(8) }, () =>
        clients.append(random.once(6) ? BY_ID.filter(() => random.once(2)) : [random.of(TARGETS)]),
      );
      await Promise.all(some);
    }),
    each(() => clients.read(random.of(TARGETS))),
    each(() => clients.end(random.of(TARGETS))),
    each(() => clients.scan(REGION, BY_ID)),
    each(async () => {
      await clients.end(random.of(TARGETS));
      if (random.once(3)) await clients.trim(random.of(TARGETS));
    }),
  ]);
}

import { consumer } from './engine/consumer.mjs';
import { follow } from './engine/follow.mjs';
import { intake } from './engine/intake.mjs';
import { join } from './engine/join.mjs';
import { lifecycle } from './engine/lifecycle.mjs';
import { shards } from './engine/shards.mjs';
import { sharing } from './engine/sharing.mjs';
import { space } from './engine/space.mjs';

/** Mutants of packages/engine: the shell of threads. @type {import('./mutants.mjs').Mutant[]} */
export const engine = [
  ...consumer,
  ...follow,
  ...intake,
  ...join,
  ...lifecycle,
  ...shards,
  ...sharing,
  ...space,
];

import { concurrency } from '../attacks/concurrency.js';
import { damage } from '../attacks/damage.js';
import { diskFaults } from '../attacks/disk-faults.js';
import { foreign } from '../attacks/foreign.js';
import { fullDisk } from '../attacks/full-disk.js';
import { hostileArguments } from '../attacks/hostile-arguments.js';
import { ingestResume } from '../attacks/ingest-resume.js';
import { kill } from '../attacks/kill.js';
import { model } from '../attacks/model.js';
import { power } from '../attacks/power.js';
import { repair } from '../attacks/repair.js';
import { soak } from '../attacks/soak.js';
import { syncFailure } from '../attacks/sync-failure.js';
import { targets } from '../attacks/targets.js';
import { worker } from '../attacks/worker.js';
import type { Attack } from './attack.js';

/** Every attack there is. */
export const ATTACKS: readonly Attack[] = [
  kill,
  worker,
  power,
  syncFailure,
  diskFaults,
  damage,
  repair,
  foreign,
  fullDisk,
  model,
  hostileArguments,
  ingestResume,
  targets,
  concurrency,
  soak,
];

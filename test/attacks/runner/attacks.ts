import { cluster } from '../cluster/cluster.js';
import { concurrency } from '../concurrency/concurrency.js';
import { sharers } from '../concurrency/sharers.js';
import { consume } from '../consume/consume.js';
import { damage } from '../damage/damage.js';
import { diskFaults } from '../disk-faults/disk-faults.js';
import { follow } from '../follow/follow.js';
import { followKills } from '../follow-kills/follow-kills.js';
import { foreign } from '../foreign/foreign.js';
import { fullDisk } from '../full-disk/full-disk.js';
import { hostileArguments } from '../hostile-arguments/hostile-arguments.js';
import { ingestResume } from '../ingest-resume/ingest-resume.js';
import { joint } from '../joint/joint.js';
import { kill } from '../kill/kill.js';
import { killTables } from '../kill-tables/kill-tables.js';
import { model } from '../model/model.js';
import { once } from '../once/once.js';
import type { Attack } from '../parts/attack.js';
import { power } from '../power/power.js';
import { powerConsume } from '../power-consume/power-consume.js';
import { powerTargets } from '../power-targets/power-targets.js';
import { repair } from '../repair/repair.js';
import { retain } from '../retain/retain.js';
import { soak } from '../soak/soak.js';
import { syncFailure } from '../sync-failure/sync-failure.js';
import { targets } from '../targets/targets.js';
import { worker } from '../worker/worker.js';

/** Every attack there is. */
export const ATTACKS: readonly Attack[] = [
  kill,
  killTables,
  worker,
  power,
  powerTargets,
  powerConsume,
  syncFailure,
  diskFaults,
  damage,
  repair,
  foreign,
  fullDisk,
  model,
  hostileArguments,
  joint,
  follow,
  followKills,
  consume,
  once,
  retain,
  ingestResume,
  targets,
  concurrency,
  cluster,
  sharers,
  soak,
];

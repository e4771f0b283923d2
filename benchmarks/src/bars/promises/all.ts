import { consumersBar } from './consumers.js';
import { deliveryBar } from './delivery.js';
import { eventLoopBar } from './event-loop.js';
import { followersBar } from './followers.js';
import { idleBar } from './idle.js';
import { idsBar } from './ids.js';
import { jointBar } from './joint.js';
import { manyConsumersBar } from './many-consumers.js';
import { memoryBar } from './memory.js';
import { metricsBar } from './metrics.js';
import { namesBar } from './names.js';
import { openBar } from './open.js';
import type { PromiseBar } from './promise-bar.js';
import { readsBesideAppendsBar } from './reads-beside-appends.js';
import { retentionBar } from './retention.js';
import { spaceBar } from './space.js';
import { stoppedFollowerBar } from './stopped-follower.js';
import { streamsBar } from './streams.js';
import { tablesBar } from './tables.js';
import { trimmedOnceBar } from './trimmed-once.js';
import { trimsBar } from './trims.js';
import { writerBar } from './writer.js';

/** Every promise that holds on any machine. */
export const PROMISE_BARS: readonly PromiseBar[] = [
  consumersBar,
  deliveryBar,
  eventLoopBar,
  followersBar,
  idleBar,
  idsBar,
  jointBar,
  manyConsumersBar,
  memoryBar,
  metricsBar,
  namesBar('names', 100_000, false),
  namesBar('names-1m', 1_000_000, true),
  openBar,
  readsBesideAppendsBar,
  retentionBar,
  spaceBar,
  stoppedFollowerBar,
  streamsBar,
  tablesBar,
  trimmedOnceBar,
  trimsBar,
  writerBar,
];

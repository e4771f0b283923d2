import { registerConformance } from '@shale/storage/conformance';
import { describe, test } from 'vitest';
import { engineTarget } from './engine-target.js';

// A file for each way to spread tables, so that they run at the same time.
describe('2 shards by region', () => {
  registerConformance(engineTarget({ shards: 2, shardBy: 'region' }), test);
});

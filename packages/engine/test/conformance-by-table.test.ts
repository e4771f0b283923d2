import { registerConformance } from '@shale/storage/conformance';
import { describe, test } from 'vitest';
import { engineTarget } from './engine-target.js';

// A file for each way to spread tables, so that they run at the same time.
describe('3 shards by table', () => {
  registerConformance(engineTarget({ shards: 3 }), test);
});

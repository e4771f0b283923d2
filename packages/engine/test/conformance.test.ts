import type { WalOptions } from '@shale/engine';
import { registerConformance } from '@shale/storage/conformance';
import { describe, test } from 'vitest';
import { engineTarget } from './engine-target.js';

const CASES: readonly WalOptions[] = [{ shards: 1 }, { shards: 2, shardBy: 'region' }, { shards: 4 }];

for (const options of CASES) {
  describe(`${options.shards} shards by ${options.shardBy ?? 'table'}`, () => {
    registerConformance(engineTarget(options), test);
  });
}

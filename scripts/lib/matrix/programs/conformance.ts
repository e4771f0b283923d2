// The conformance suite by node:test, with what an application has installed.
import { test } from 'node:test';
import { registerConformance } from '@shale/storage/conformance';
import { engineTarget } from '../../../../packages/engine/test/engine-target.js';

registerConformance(engineTarget({ shards: 2 }), test);

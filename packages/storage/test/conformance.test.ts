import { registerConformance } from '@shale/storage/conformance';
import { test } from 'vitest';
import { storageTarget } from './storage-target.js';

registerConformance(storageTarget, test);

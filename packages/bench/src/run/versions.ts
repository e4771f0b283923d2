import { libraryInfo } from '@shale/engine/admin';
import { shaleVersion } from '../store/shale.js';

/** Names and versions of what decides over the figures. */
export function versions(): Readonly<Record<string, string>> {
  return {
    shale: shaleVersion(),
    rocksdb: libraryInfo().loaded,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

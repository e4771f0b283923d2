import { libraryInfo } from '@shale/engine/admin';
import { shaleVersion } from '../store/shale.js';

/** Names and versions of the software that affects the results. */
export function versions(): Readonly<Record<string, string>> {
  return {
    shale: shaleVersion(),
    rocksdb: libraryInfo().loaded,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

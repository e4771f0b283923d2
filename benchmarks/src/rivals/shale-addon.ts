import { readFileSync } from 'node:fs';
import { SHALE_DRIVER, type StoreDriver } from '@shale/bench-kit';

const shale: { readonly driver: StoreDriver } = await import(SHALE_DRIVER);

/** The addon that is measured beside the one that Shale finds by itself. */
const ADDON = process.env.SHALE_BENCH_ADDON ?? '';

/** Shale with another addon, as that of a package of a platform, in every case. */
export const driver: StoreDriver = {
  ...shale.driver,
  name: 'shale-addon',
  tunedBy: `as shale, with the addon ${ADDON}`,
  everyCase: true,
  version: () => {
    readFileSync(ADDON);
    return shale.driver.version();
  },
  open: (directory, options) => {
    // Each measurement is a process of its own, which loads its addon now.
    process.env.SHALE_ROCKSDB_ADDON = ADDON;
    return shale.driver.open(directory, options);
  },
};

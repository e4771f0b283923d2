import type { StoreDriver } from './store.js';

/** Loads the module of a store by its URL. */
export async function loadDriver(url: string): Promise<StoreDriver> {
  const module: { readonly driver?: StoreDriver } = await import(url);
  if (typeof module.driver?.open !== 'function') throw new TypeError(`${url} exports no driver`);
  return module.driver;
}

/** URL of Shale's own driver. */
export const SHALE_DRIVER: string = new URL('./shale.js', import.meta.url).href;

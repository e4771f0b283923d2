// A separate process: fills a store, reports that, and then closes it or waits to be killed.
import { once } from 'node:events';
import { fill } from '../cases/fill.js';
import type { FillerTask } from '../cases/recovery.js';
import { loadDriver } from '../store/load-driver.js';

const [task]: FillerTask[] = await once(process, 'message');
if (task === undefined) throw new Error('no task');
const { spec, driverUrl, directory, seed } = task;
const driver = await loadDriver(driverUrl);
const store = await driver.open(directory, { ...spec, durability: 'os' });
const entriesPerTable = Math.max(1, Math.floor(spec.entries / spec.tables));
await fill(store, { tables: spec.tables, entriesPerTable, entryBytes: spec.entryBytes, seed });
if (spec.end === 'clean') await store.close();
process.send?.('filled');
if (spec.end === 'clean') process.disconnect();

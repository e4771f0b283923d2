// Run under a counting tool: one workload, a new directory, a number of entries.
import { WORKLOADS } from './workloads.js';

const [name = '', directory = '', entries = ''] = process.argv.slice(2);
const workload = WORKLOADS[name];
if (workload === undefined) throw new Error(`there is no workload ${name}`);
await workload.run(directory, Number(entries));

// The same service, without Shale: batches go to a file. What comes while the file is being written and synced goes
// together the next time, which is a group commit. It can be read back only as a whole, and nothing stores the events.
import { open } from 'node:fs/promises';
import { config } from '../../../ingest-service/src/config.js';
import { createServer } from '../../../ingest-service/src/server.js';

const file = await open(`${config.directory}/events.ndjson`, 'a');
const lineEnd = Buffer.from('\n');
let written = 0n;
/** @type {Uint8Array[]} */
let waiting = [];
/** @type {Promise<void> | null} */
let next = null;
let last = Promise.resolve();

async function commit() {
  const group = waiting;
  waiting = [];
  next = null;
  await file.writev(group);
  await file.datasync();
}

/** @param {any} bytes */
async function append(bytes) {
  waiting.push(bytes, lineEnd);
  const sequence = ++written;
  if (next === null) {
    next = last.then(commit);
    last = next;
  }
  await next;
  return sequence;
}

await createServer({ health: 'well' }, { append }).listen({ host: config.host, port: config.port });

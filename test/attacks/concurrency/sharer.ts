// A thread or process of the attack `sharers`: uses the log that another one has opened until it is ended, or told
// SHALE_CLOSED.
import { isMainThread, workerData } from 'node:worker_threads';
import { connectWal, type Wal, WalError, type WalHandle } from '@shale/engine';
import { randomFrom } from '../../support/random.js';
import { Clients } from './clients.js';
import { JournalSource } from './journal-source.js';
import { work } from './work.js';

interface Given {
  readonly handle?: WalHandle;
  readonly socket: string;
  readonly journal: string;
  readonly client: number;
  readonly seed: number;
  /** How it ends by itself, after so many milliseconds; null when it does not. */
  readonly end: { readonly how: 'exit' | 'throw'; readonly afterMs: number } | null;
}

const given = (isMainThread ? JSON.parse(process.argv[2] ?? '') : workerData) as Given;
const { handle, socket, journal, client, seed, end } = given;
const wal: Wal = await connectWal(handle ?? { socket });
if (end !== null) {
  setTimeout(() => {
    if (end.how === 'exit') process.exit(0);
    throw new Error('a mistake of the application');
  }, end.afterMs).unref();
}
const clients = new Clients(wal, randomFrom(seed), true, new JournalSource(journal, client));
try {
  await work(clients, randomFrom(seed), () => true);
} catch (error) {
  if (!(error instanceof WalError && error.code === 'SHALE_CLOSED')) throw error;
}
await wal.close();
process.exit(0);

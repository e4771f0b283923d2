// A thread or process of the attack `sharers`: uses the log that another one has opened, or joins it, until it is ended, or
// told SHALE_CLOSED.
import { isMainThread, workerData } from 'node:worker_threads';
import { connectWal, openWal, type Wal, WalError, type WalHandle, type WalOptions } from '@shale/engine';
import { randomFrom } from '../../support/random.js';
import { Clients } from './clients.js';
import { JournalSource } from './journal-source.js';
import { work } from './work.js';

interface Given {
  readonly handle?: WalHandle;
  readonly socket: string;
  /** How it joins the log in a directory; it connects to it otherwise. */
  readonly join?: { readonly path: string; readonly options: WalOptions };
  readonly journal: string;
  readonly client: number;
  readonly seed: number;
  /** How it ends by itself, after so many milliseconds; null when it does not. */
  readonly end: { readonly how: 'exit' | 'throw' | 'close'; readonly afterMs: number } | null;
}

const given = (isMainThread ? JSON.parse(process.argv[2] ?? '') : workerData) as Given;
const { handle, socket, join, journal, client, seed, end } = given;
const wal: Wal = await (join === undefined
  ? connectWal(handle ?? { socket })
  : openWal(join.path, { ...join.options, join: true }));
let goesOn = true;
if (end !== null) {
  setTimeout(() => {
    if (end.how === 'close') {
      goesOn = false;
      return;
    }
    if (end.how === 'exit') process.exit(0);
    throw new Error('a mistake of the application');
  }, end.afterMs).unref();
}
const clients = new Clients(wal, randomFrom(seed), true, new JournalSource(journal, client));
try {
  await work(clients, randomFrom(seed), () => goesOn);
} catch (error) {
  if (!(error instanceof WalError && error.code === 'SHALE_CLOSED')) throw error;
}
await wal.close();
process.exit(0);

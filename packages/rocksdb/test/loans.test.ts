import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { attachDatabase, type Database } from '@shale/rocksdb';
import { afterEach, expect, test } from 'vitest';
import { temporaryDatabase } from './support/temporary.js';

type Call = 'openLoan' | 'lend' | 'useLoan' | 'returnLoan' | 'endLoan' | 'close';

const workers: Worker[] = [];
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())));

/** A thread of its own with the same database. */
class Other {
  readonly #worker: Worker;

  constructor(database: Database) {
    this.#worker = new Worker(new URL('./fixtures/loan-worker.mjs', import.meta.url), {
      workerData: { path: database.path },
    });
    workers.push(this.#worker);
  }

  async do(call: Call, loan?: bigint): Promise<unknown> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage([call, loan]);
    return (await answer)[0].value;
  }

  /** Begins a call that may block; `done` says whether it has returned. */
  begin(call: Call, loan: bigint): { done: boolean; readonly over: Promise<void> } {
    const state = { done: false, over: Promise.resolve() };
    state.over = this.do(call, loan).then(() => {
      state.done = true;
    });
    return state;
  }

  async exit(): Promise<void> {
    const gone = once(this.#worker, 'exit');
    this.#worker.postMessage(['exit']);
    await gone;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

test('a loan is lent to by several, used by one, and gone when it is returned', async () => {
  const database = await temporaryDatabase();
  const other = attachDatabase(database.path);
  const loan = database.openLoan();
  expect(loan).toBeGreaterThan(0n);
  expect(database.lend(loan)).toBe(true);
  expect(other.lend(loan)).toBe(true);
  expect(other.useLoan(loan)).toBe(true);
  expect(database.useLoan(loan)).toBe(false);
  expect(database.lend(loan)).toBe(false);
  database.returnLoan(loan);
  expect(database.useLoan(loan)).toBe(false);
  other.returnLoan(loan);
  expect(other.useLoan(loan)).toBe(false);
  expect(other.lend(loan)).toBe(false);
  database.endLoan(loan);
  expect(database.openLoan()).not.toBe(loan);
  await other.close();
});

test('a loan that was never given out is gone', async () => {
  const database = await temporaryDatabase();
  for (const loan of [0n, 1n, 2n ** 64n - 1n]) {
    expect(database.lend(loan)).toBe(false);
    expect(database.useLoan(loan)).toBe(false);
    database.returnLoan(loan);
    database.endLoan(loan);
  }
});

test('a loan that was ended cannot be used', async () => {
  const database = await temporaryDatabase();
  const other = new Other(database);
  const loan = database.openLoan();
  expect(await other.do('lend', loan)).toBe(true);
  database.endLoan(loan);
  expect(await other.do('useLoan', loan)).toBe(false);
});

test.each(['close', 'exit', 'terminate'] as const)(
  'a loan is gone when a thread that has lent to it ends by %s before it is used',
  async (how) => {
    const database = await temporaryDatabase();
    const lender = new Other(database);
    const loan = database.openLoan();
    expect(await lender.do('lend', loan)).toBe(true);
    if (how === 'close') await lender.do('close');
    else await lender[how]();
    expect(database.useLoan(loan)).toBe(false);
  },
);

test('a thread that has lent ends only when the loan has been returned', async () => {
  const database = await temporaryDatabase();
  const [lender, user, after] = [new Other(database), new Other(database), new Other(database)];
  const loan = database.openLoan();
  expect(await lender.do('lend', loan)).toBe(true);
  expect(await user.do('useLoan', loan)).toBe(true);
  let ended = false;
  const ending = lender.terminate().then(() => {
    ended = true;
  });
  // Many turns of another thread later it is still there.
  for (let i = 0; i < 200; i++) await after.do('openLoan');
  expect(ended).toBe(false);
  await user.do('returnLoan', loan);
  await ending;
});

test('whoever ends a loan that is used waits until it is returned', async () => {
  const database = await temporaryDatabase();
  const [waiting, user, after] = [new Other(database), new Other(database), new Other(database)];
  const loan = database.openLoan();
  expect(await user.do('useLoan', loan)).toBe(true);
  const end = waiting.begin('endLoan', loan);
  for (let i = 0; i < 200; i++) await after.do('openLoan');
  expect(end.done).toBe(false);
  await user.do('returnLoan', loan);
  await end.over;
});

test.each(['exit', 'terminate'] as const)(
  'a thread that ends by %s while it uses a loan returns it',
  async (how) => {
    const database = await temporaryDatabase();
    const [waiting, user] = [new Other(database), new Other(database)];
    const loan = database.openLoan();
    expect(await user.do('useLoan', loan)).toBe(true);
    const end = waiting.begin('endLoan', loan);
    await user[how]();
    await end.over;
  },
);

test('threads that use and lend each other loans can end at the same time', async () => {
  const database = await temporaryDatabase();
  const [a, b] = [new Other(database), new Other(database)];
  const [first, second] = [database.openLoan(), database.openLoan()];
  await a.do('lend', first);
  await b.do('useLoan', first);
  await b.do('lend', second);
  await a.do('useLoan', second);
  await Promise.all([a.terminate(), b.terminate()]);
  database.endLoan(first);
  database.endLoan(second);
});

test('a loan ends with whoever began it', async () => {
  const database = await temporaryDatabase();
  const owner = new Other(database);
  const [used, unused] = [(await owner.do('openLoan')) as bigint, (await owner.do('openLoan')) as bigint];
  expect(database.useLoan(used)).toBe(true);
  await owner.terminate();
  expect(database.useLoan(unused)).toBe(false);
  database.returnLoan(used);
});

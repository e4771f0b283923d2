import {
  AppendFrameWriter,
  decodeAppendReply,
  encodeLogKeyPrefix,
  LOG_KEY_PREFIX_LENGTH,
} from '@shale/codec';
import { openLog } from '@shale/storage';
import { expect, onTestFinished, test } from 'vitest';
import { ShardCells } from '../dist/metrics/shard-cells.js';
import type { ShardResults, ShardTask, ShardTaskKind } from '../dist/shard/protocol.js';
import { ShardWorker } from '../dist/worker/shard-worker.js';
import { bytes, temporary } from './support.js';

/*
 * A shard's side alone, as it is asked by more than one thread: nobody keeps away from it what concerns a table that it
 * has lent.
 */

const a = { region: 1n, table: 1n };
const b = { region: 1n, table: 2n };
const c = { region: 1n, table: 3n };

type Id = typeof a;

async function workers(count: number) {
  const log = await openLog(await temporary());
  onTestFinished(() => log.close());
  const data = {
    path: log.path,
    instance: 0,
    handleId: log.handleId,
    cells: ShardCells.memory(),
    unsynced: null,
    part: null,
  };
  const all = await Promise.all(
    Array.from({ length: count }, async () => {
      const worker = new ShardWorker();
      await worker.run({ kind: 'attach', data });
      onTestFinished(async () => void (await worker.run({ kind: 'detach' })));
      return new Asked(worker);
    }),
  );
  return { log, workers: all };
}

/** A worker, and what it has answered so far, in order. */
class Asked {
  readonly answered: string[] = [];
  readonly #worker: ShardWorker;

  constructor(worker: ShardWorker) {
    this.#worker = worker;
  }

  async ask<K extends ShardTaskKind>(task: ShardTask & { kind: K }, note?: string): Promise<ShardResults[K]> {
    const { value } = await this.#worker.run(task);
    if (note !== undefined) this.answered.push(note);
    return value as ShardResults[K];
  }

  async append(ids: readonly Id[], note?: string): Promise<bigint[]> {
    const reply = await this.ask({ kind: 'append', frame: frameOf(ids), slot: -1 }, note);
    return [...decodeAppendReply(reply as Uint8Array<ArrayBuffer>).firsts];
  }

  async lend(loan: bigint, ids: readonly Id[], note?: string): Promise<BigUint64Array | null> {
    const list = BigUint64Array.from(ids.flatMap(({ region, table }) => [region, table]));
    return await this.ask({ kind: 'lend', loan, ids: list }, note);
  }
}

function frameOf(ids: readonly Id[]): Uint8Array {
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  for (const id of ids) {
    const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
    encodeLogKeyPrefix(prefix, 0, { instance: 0, ...id });
    writer.beginAppend(writer.addTable(prefix));
    writer.add(bytes('x'));
  }
  return writer.seal({ sync: false });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('while a table is lent, only what concerns it waits, and what comes behind that and shares a table', async () => {
  const { log, workers: made } = await workers(1);
  const [worker = expect.fail()] = made;
  await worker.append([a, b, c]);
  const loan = log.openLoan();
  const states = await worker.lend(loan, [a]);
  const waiting = [
    worker.append([a, b], 'a and b'),
    worker.append([b], 'b'),
    worker.ask({ kind: 'ends', id: a }, 'ends of a'),
    worker.append([c], 'c'),
  ];
  await turn();
  expect(worker.answered).toEqual(['c']);
  await worker.ask({ kind: 'takeBack', loan, states });
  expect(await Promise.all(waiting)).toEqual([[2n, 2n], [3n], { first: 1n, last: 2n }, [2n]]);
  expect(worker.answered).toEqual(['c', 'a and b', 'b', 'ends of a']);
});

test('loans of one table come one after the other, whoever asks', async () => {
  const { log, workers: made } = await workers(2);
  const [lender = expect.fail(), writer = expect.fail()] = made;
  const [first, second] = [log.openLoan(), log.openLoan()];
  const states = (await lender.lend(first, [a])) ?? expect.fail();
  const later = lender.lend(second, [a, b], 'second');
  const behind = lender.append([b], 'behind');
  await turn();
  expect(lender.answered).toEqual([]);
  const written = await writer.ask({ kind: 'joint', loan: first, states, frame: frameOf([a, c]) });
  await lender.ask({ kind: 'takeBack', loan: first, states: written.states });
  const again = (await later) ?? expect.fail();
  const last = await writer.ask({ kind: 'joint', loan: second, states: again, frame: frameOf([a, b]) });
  expect(decodeAppendReply(last.message as Uint8Array<ArrayBuffer>).firsts).toEqual(
    BigUint64Array.of(2n, 1n),
  );
  await lender.ask({ kind: 'takeBack', loan: second, states: last.states });
  expect(await behind).toEqual([2n]);
  expect(await lender.append([a])).toEqual([3n]);
});

test('when the outcome is unknown, what waited finds out from the disk', async () => {
  const { log, workers: made } = await workers(2);
  const [lender = expect.fail(), writer = expect.fail()] = made;
  await lender.append([a]);
  const loan = log.openLoan();
  const states = (await lender.lend(loan, [a])) ?? expect.fail();
  const waiting = lender.append([a]);
  const incarnation = await lender.ask({ kind: 'incarnation' });
  await writer.ask({ kind: 'joint', loan, states, frame: frameOf([a]) });
  await lender.ask({ kind: 'takeBack', loan, states: null });
  expect(await waiting).toEqual([3n]);
  expect(await lender.ask({ kind: 'incarnation' })).not.toBe(incarnation);
});

test('what is taken back of a loan that this thread does not know changes nothing', async () => {
  const { log, workers: made } = await workers(2);
  const [one = expect.fail(), other = expect.fail()] = made;
  await one.append([a]);
  const loan = log.openLoan();
  const states = await one.lend(loan, [a]);
  await other.append([b]);
  await other.ask({ kind: 'takeBack', loan, states });
  await other.ask({ kind: 'takeBack', loan, states: null });
  expect(await other.append([b])).toEqual([2n]);
});

test('a thread that lets go of the database leaves nobody waiting', async () => {
  const { log, workers: made } = await workers(1);
  const [worker = expect.fail()] = made;
  const loan = log.openLoan();
  await worker.lend(loan, [a]);
  const waiting = worker.append([a]);
  await worker.ask({ kind: 'detach' });
  await expect(waiting).rejects.toMatchObject({ code: 'SHALE_CLOSED' });
});

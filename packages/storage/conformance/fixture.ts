import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TableId } from '@shale/codec';
import type { ConformanceLog, ConformanceRange, ConformanceTarget, RegisterTest } from './target.js';

/** A log in a directory of its own, for one scenario. */
export class Fixture {
  readonly #target: ConformanceTarget;
  readonly #directory: string;
  readonly #open = new Set<ConformanceLog>();
  #log: ConformanceLog | undefined;

  constructor(target: ConformanceTarget, directory: string) {
    this.#target = target;
    this.#directory = directory;
  }

  /** The log of instance 0. */
  get log(): ConformanceLog {
    assert.ok(this.#log, 'the fixture is open');
    return this.#log;
  }

  /** Opens another log of the same directory, closed at the end of the scenario. */
  async openInstance(instance: number): Promise<ConformanceLog> {
    const log = await this.#target.open(this.#directory, { instance });
    this.#open.add(log);
    return log;
  }

  /** Opens the log, or closes it and opens it again. */
  async reopen(): Promise<ConformanceLog> {
    if (this.#log !== undefined) {
      this.#open.delete(this.#log);
      await this.#log.close();
    }
    this.#log = await this.openInstance(0);
    return this.#log;
  }

  /** Checks the log as it is, and again after reopening it. */
  async nowAndReopened(check: (log: ConformanceLog) => Promise<void>): Promise<void> {
    await check(this.log);
    await check(await this.reopen());
  }

  /** Closes every log that is open. */
  async close(): Promise<void> {
    for (const log of this.#open) await log.close();
    this.#open.clear();
  }
}

/** What a scenario is registered with. */
export type Scenario = (name: string, run: (fixture: Fixture) => Promise<void>) => void;

/** Makes the function that registers scenarios: each gets an open fixture, which is closed and removed afterwards. */
export function scenarios(target: ConformanceTarget, test: RegisterTest): Scenario {
  return (name, run) => {
    test(name, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'shale-conformance-'));
      const fixture = new Fixture(target, join(directory, 'wal'));
      try {
        await fixture.reopen();
        await run(fixture);
      } finally {
        await fixture.close();
        await rm(directory, { recursive: true, force: true });
      }
    });
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The payload that the suite gives to an entry: it says whose it is, so that a mix-up shows. */
export function payloadOf(id: TableId, sequence: bigint): Uint8Array {
  const padding = 'x'.repeat(Number(sequence % 37n));
  return encoder.encode(`${id.region}/${id.table}/${sequence}/${padding}`);
}

/** Payloads for the sequences from `first` on. */
export function payloadsFrom(id: TableId, first: bigint, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => payloadOf(id, first + BigInt(i)));
}

/** Appends `count` entries in batches and checks the sequences they get; returns the last one. */
export async function fill(log: ConformanceLog, id: TableId, count: number, batch = 10): Promise<bigint> {
  let last = await log.lastSequence(id);
  for (let done = 0; done < count; ) {
    const size = Math.min(batch, count - done);
    const span = await log.appendBatch(id, payloadsFrom(id, last + 1n, size));
    assert.deepEqual(span, { first: last + 1n, last: last + BigInt(size) });
    last = span.last;
    done += size;
  }
  return last;
}

/** Reads a range to its end. */
export async function sequencesOf(
  log: ConformanceLog,
  id: TableId,
  range?: ConformanceRange,
  options?: { batchSize?: number },
): Promise<bigint[]> {
  const sequences: bigint[] = [];
  for await (const { sequence, payload } of log.read(id, range, options)) {
    assert.equal(text(payload), text(payloadOf(id, sequence)));
    sequences.push(sequence);
  }
  return sequences;
}

/**
 * Checks that the table holds exactly the entries `first`..`last`, that its bounds say so, and that payloads are right.
 */
export async function holds(log: ConformanceLog, id: TableId, first: bigint, last: bigint): Promise<void> {
  assert.deepEqual(await sequencesOf(log, id), span(first, last));
  assert.equal(await log.firstSequence(id), first);
  assert.equal(await log.lastSequence(id), last);
}

/** The sequences `first`..`last`; none when they are reversed. */
export function span(first: bigint, last: bigint): bigint[] {
  const sequences: bigint[] = [];
  for (let sequence = first; sequence <= last; sequence++) sequences.push(sequence);
  return sequences;
}

/** Checks that an operation fails with this code. */
export async function failsWith(code: string, run: () => Promise<unknown>): Promise<void> {
  await assert.rejects(run, (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.equal((error as Error & { code?: unknown }).code, code);
    return true;
  });
}

/** A payload as text, for comparison. */
export function text(payload: Uint8Array): string {
  return decoder.decode(payload);
}

import { openWal, type Wal, type WalOptions } from '@shale/engine';
import {
  checkDatabase,
  type Death,
  type Finding,
  type JournalRecord,
  Ledger,
  type PartRecord,
  payloadOf,
} from '@shale/fault-kit';
import { afterEach } from 'vitest';
import { temporary as newDirectory } from '../../../test/support/temporary.js';

const wals: Wal[] = [];

afterEach(async () => {
  await Promise.all(wals.splice(0).map((wal) => wal.close()));
});

/** A fresh directory that goes with the test. */
export async function temporary(): Promise<string> {
  return newDirectory('fault-kit');
}

/** Opens a WAL that is closed with the test, unless it is closed before. */
export async function open(path: string, options: WalOptions = {}): Promise<Wal> {
  const wal = await openWal(path, { shards: 1, ...options });
  wals.push(wal);
  return wal;
}

/** A part of an append to table 1/`table`. */
export function part(seed: number, count: number, table = 5): PartRecord & { region: string; table: string } {
  return { region: '1', table: String(table), count, seed };
}

/** All payloads of a part. */
export function payloads(of: PartRecord): Uint8Array[] {
  return Array.from({ length: of.count }, (_, index) => payloadOf(of, index));
}

/** Does to a database what a journal says, and keeps the journal. */
export class Script {
  readonly records: JournalRecord[] = [];
  readonly #wal: Wal;
  #id = 0;

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  /** Appends parts; more than one at a time is an atomic write. */
  async append(parts: readonly PartRecord[], durability: 'sync' | 'os' = 'sync'): Promise<void> {
    const id = this.submit(parts, durability);
    const spans = await this.#wal.write(
      parts.map((one) => ({
        table: this.#wal.table({ region: BigInt(one.region ?? 0), table: BigInt(one.table ?? 0) }),
        payloads: payloads(one),
      })),
      { durability },
    );
    this.records.push({
      op: 'ack',
      id,
      parts: spans.map(({ first, last }) => ({ first: String(first), last: String(last) })),
    });
  }

  /** Notes a submit without doing it. */
  submit(parts: readonly PartRecord[], durability: 'sync' | 'os' = 'sync'): number {
    const id = ++this.#id;
    this.records.push({ op: 'submit', id, kind: 'append', parts, durability });
    return id;
  }

  async trim(upTo: bigint, table = 5): Promise<void> {
    const id = ++this.#id;
    this.records.push({
      op: 'submit',
      id,
      kind: 'trim',
      region: '1',
      table: String(table),
      upTo: String(upTo),
    });
    await this.#wal.table({ region: 1n, table: BigInt(table) }).trim(upTo);
    this.records.push({ op: 'ack', id });
  }

  async drop(table = 5): Promise<void> {
    const id = ++this.#id;
    this.records.push({ op: 'submit', id, kind: 'drop', region: '1', table: String(table) });
    await this.#wal.table({ region: 1n, table: BigInt(table) }).drop();
    this.records.push({ op: 'ack', id });
  }

  async sync(): Promise<void> {
    const id = ++this.#id;
    this.records.push({ op: 'submit', id, kind: 'sync' });
    await this.#wal.sync();
    this.records.push({ op: 'ack', id });
  }
}

/** What the oracle says of a database after these journals. */
export async function judge(
  path: string,
  journals: readonly (readonly JournalRecord[])[],
  death: Death = 'process',
): Promise<readonly Finding[]> {
  const ledger = new Ledger();
  for (const journal of journals) ledger.absorb(journal);
  const wal = await open(path);
  const { findings } = await checkDatabase(wal, ledger, { death });
  await wal.close();
  return findings;
}

import {
  appendIdRange,
  CATALOG_INSTANCE,
  consumerRange,
  decodeLogKey,
  type KeyRange,
  keySuccessor,
  logKey,
  logNamespace,
  nameRange,
  positionRange,
  type TableId,
  tableNameRange,
  tableRange,
  U64_MAX,
} from '@shale/codec';
import type { FilePlace } from '../damage/file-place.js';
import { placeInWords } from '../damage/place-in-words.js';

/** A part of a table file, or all of it, of which nothing is left. */
export interface LostSpan {
  readonly file: FilePlace;
  /** The keys around it, which are not lost; null: not known, so it may be everything on that side. */
  readonly after: Uint8Array | null;
  readonly before: Uint8Array | null;
  /** No more entries than so many can be lost in it. */
  readonly most: bigint;
  /** Deletions may be lost in it, too, so that what they removed is back. */
  readonly hadTrims: boolean;
  /** Of a file that is lost whole: its smallest and its largest key, where these are known. */
  readonly ends?: readonly Uint8Array[];
  readonly message: string;
}

/** Writes that are in no log file any more: they may be of any table, and trims may be among them. */
export interface LostRecords {
  readonly file: FilePlace;
  readonly most: bigint;
  readonly message: string;
}

/** Everything that is damaged, to tell which tables and sequences it may concern. */
export class DamageMap {
  readonly spans: LostSpan[] = [];
  readonly logs: LostRecords[] = [];
  /** Damaged files that hold deletions of single entries, by the keys that they lie between: which ones cannot be told. */
  readonly blurred: LostSpan[] = [];

  /** What explains that these sequences of a table are missing; undefined when no damage does. */
  explain(instance: number, id: TableId, from: bigint, to: bigint): LostSpan | LostRecords | undefined {
    const prefix = { instance, ...id };
    return (
      this.spans.find((span) => overlaps(span, logKey(prefix, from), logKey(prefix, to))) ?? this.logs[0]
    );
  }

  /** Whether a damaged file may have held anything in a range. */
  touches({ lower, upper }: KeyRange): boolean {
    return this.spans.some((span) => overlaps(span, lower, upper));
  }

  /** How many entries of a table may have followed its last one, and what the damage is. */
  tailOf(instance: number, id: TableId, last: bigint): { most: bigint; causes: (LostSpan | LostRecords)[] } {
    const prefix = { instance, ...id };
    const causes = [
      ...(last === U64_MAX
        ? []
        : this.spans.filter((span) => overlaps(span, logKey(prefix, last + 1n), logKey(prefix, U64_MAX)))),
      ...this.logs,
    ];
    return { most: causes.reduce((sum, { most }) => sum + most, 0n), causes };
  }

  /** The same for a table of an instance of which not even the region is known. */
  tailAnywhere(instance: number): { most: bigint; causes: (LostSpan | LostRecords)[] } {
    const lowest = logKey({ instance, region: 0n, table: 0n }, 0n);
    const highest = logKey({ instance, region: U64_MAX, table: U64_MAX }, U64_MAX);
    const causes = [...this.spans.filter((span) => overlaps(span, lowest, highest)), ...this.logs];
    return { most: causes.reduce((sum, { most }) => sum + most, 0n), causes };
  }

  /** The same for the names of an instance's tables, wherever they were kept. */
  ofNames(instance: number): { most: bigint; causes: (LostSpan | LostRecords)[] } {
    const ranges = [
      nameRange(instance),
      tableNameRange(instance),
      tableRange(CATALOG_INSTANCE, { region: 0n, table: BigInt(instance) }),
    ];
    const spans = this.spans.filter((span) =>
      ranges.some(({ lower, upper }) => overlaps(span, lower, upper)),
    );
    const causes = [...spans, ...this.logs];
    return { most: causes.reduce((sum, { most }) => sum + most, 0n), causes };
  }

  /** What may have held consumers of an instance, or positions of them. */
  ofConsumers(instance: number): (LostSpan | LostRecords)[] {
    return this.#within([consumerRange(instance), positionRange(instance)]);
  }

  /** What may have held ids of appends to an instance's tables. */
  ofAppendIds(instance: number): (LostSpan | LostRecords)[] {
    return this.#within([appendIdRange(instance)]);
  }

  #within(ranges: readonly KeyRange[]): (LostSpan | LostRecords)[] {
    const spans = this.spans.filter((span) =>
      ranges.some(({ lower, upper }) => overlaps(span, lower, upper)),
    );
    return [...spans, ...this.logs];
  }

  /** What may have held trims of these entries of a table; undefined when nothing did that is lost. */
  trimsOf(instance: number, id: TableId, first: bigint, last: bigint): LostSpan | LostRecords | undefined {
    const prefix = { instance, ...id };
    return (
      this.spans.find(
        (span) => span.hadTrims && overlaps(span, logKey(prefix, first), logKey(prefix, last)),
      ) ?? this.logs[0]
    );
  }

  /** What may hold trims of these entries, and only its database can tell; undefined when nothing does. */
  blurredTrimsOf(instance: number, id: TableId, first: bigint, last: bigint): LostSpan | undefined {
    const prefix = { instance, ...id };
    return this.blurred.find((span) => overlaps(span, logKey(prefix, first), logKey(prefix, last)));
  }

  /** Tables of an instance that had entries in a file that is lost whole, as far as that is known: not those in between. */
  knownTables(instance: number): { id: TableId; sequence: bigint }[] {
    const namespace = logNamespace(instance);
    return this.spans
      .flatMap(({ ends }) => ends ?? [])
      .filter((key) => key[0] === namespace)
      .flatMap((key) => {
        try {
          const { region, table, sequence } = decodeLogKey(key, instance);
          return [{ id: { region, table }, sequence }];
        } catch {
          return [];
        }
      });
  }
}

/** The keys just outside of a range whose ends are keys. */
export function around(smallest: Uint8Array, largest: Uint8Array): Pick<LostSpan, 'after' | 'before'> {
  // Without its last byte a key sorts before it, and behind all that came before.
  return { after: smallest.subarray(0, smallest.length - 1), before: keySuccessor(largest) };
}

function overlaps({ after, before }: LostSpan, from: Uint8Array, to: Uint8Array): boolean {
  const beyondStart = after === null || Buffer.compare(to, after) > 0;
  const beforeEnd = before === null || Buffer.compare(from, before) < 0;
  return beyondStart && beforeEnd;
}

/** `region 1, table 2, sequence 3`, of whatever instance; hexadecimal digits for other keys. */
export function describeKey(key: Uint8Array): string {
  try {
    const instance = (key[0] ?? 0) >> 1;
    const { region, table, sequence } = decodeLogKey(key, instance);
    const place = placeInWords({ instance, region, table });
    return `${place}, sequence ${sequence}`;
  } catch {
    return `key ${Buffer.from(key).toString('hex')}`;
  }
}

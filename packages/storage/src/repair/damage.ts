import {
  CATALOG_INSTANCE,
  decodeLogKey,
  logKey,
  nameRange,
  type TableId,
  tableNameRange,
  tableRange,
  U64_MAX,
} from '@shale/codec';
import type { FilePlace } from '../file-place.js';

/** A part of a table file, or all of it, of which nothing is left. */
export interface LostSpan {
  readonly file: FilePlace;
  /** The keys around it, which are not lost; null: not known, so it may be everything on that side. */
  readonly after: Uint8Array | null;
  readonly before: Uint8Array | null;
  /** No more entries than so many can be lost in it. */
  readonly most: bigint;
  readonly message: string;
}

/** A log file of which RocksDB had to leave something out. */
export interface LostRecords {
  readonly file: FilePlace;
  readonly most: bigint;
  readonly message: string;
}

/** Everything that is damaged, to tell which tables and sequences it may concern. */
export class DamageMap {
  readonly spans: LostSpan[] = [];
  readonly logs: LostRecords[] = [];
  /** Files that held trims and drops, which are lost with what could not be read of them. */
  readonly lostTrims: FilePlace[] = [];

  /** What explains that these sequences of a table are missing; undefined when no damage does. */
  explain(instance: number, id: TableId, from: bigint, to: bigint): LostSpan | LostRecords | undefined {
    const prefix = { instance, ...id };
    return (
      this.spans.find((span) => overlaps(span, logKey(prefix, from), logKey(prefix, to))) ?? this.logs[0]
    );
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
    return `${instance === 0 ? '' : `instance ${instance}, `}region ${region}, table ${table}, sequence ${sequence}`;
  } catch {
    return `key ${Buffer.from(key).toString('hex')}`;
  }
}

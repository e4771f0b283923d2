import type { RecoveryDamage, RecoveryReport, RecoveryTable, SeenEntries } from './report.js';

/** A type as it is in JSON: 64-bit numbers are strings of digits. */
type Wire<T> = { readonly [K in keyof T]: T[K] extends bigint ? string : T[K] };
type WireSeen = Wire<SeenEntries>;
type WireTable = Omit<Wire<RecoveryTable>, 'readable' | 'beyond'> & {
  readonly readable: WireSeen | null;
  readonly beyond: WireSeen;
};
/** What the native check of the files suspects when entries are missing and no damage in a log explains it. */
export interface Suspicion {
  /** The manifest that has lost what an opening wrote to it; null when none has. */
  readonly lostIn: string | null;
  /** Another program wrote last, and may have renumbered the writes in Shale's logs. */
  readonly mayBeRenumbered: boolean;
}
type WireReport = Omit<
  RecoveryReport,
  'promised' | 'reached' | 'place' | 'elapsedMs' | 'damages' | 'tables'
> & {
  readonly promised: string;
  readonly reached: string | null;
  readonly elapsedMicros: number;
  readonly damages: readonly Wire<RecoveryDamage>[];
  readonly tables: readonly WireTable[];
} & Suspicion;

/** Parses a report from the JSON of the native binding. */
export function parseRecoveryReport(json: string): RecoveryReport {
  const { elapsedMicros, lostIn: _, mayBeRenumbered: __, ...wire }: WireReport = JSON.parse(json);
  const damages = wire.damages.map((damage) => ({
    ...damage,
    expected: BigInt(damage.expected),
    found: BigInt(damage.found),
  }));
  return {
    ...wire,
    promised: BigInt(wire.promised),
    reached: wire.reached === null ? null : BigInt(wire.reached),
    place: placeOf(wire, damages),
    elapsedMs: elapsedMicros / 1000,
    damages,
    tables: wire.tables.map((table) => ({
      ...table,
      region: BigInt(table.region),
      table: BigInt(table.table),
      readable: table.readable === null ? null : seen(table.readable),
      beyond: seen(table.beyond),
    })),
  };
}

/** Parses what the same JSON says of suspicions. */
export function parseSuspicion(json: string): Suspicion {
  const { lostIn, mayBeRenumbered }: WireReport = JSON.parse(json);
  return { lostIn, mayBeRenumbered };
}

function placeOf(
  report: Pick<RecoveryReport, 'beyond' | 'missing'>,
  damages: readonly RecoveryDamage[],
): RecoveryReport['place'] {
  if (report.beyond.records > 0) return 'middle';
  return report.missing || damages.some((damage) => !damage.harmless) ? 'tail' : 'none';
}

function seen({ first, last, entries }: WireSeen): SeenEntries {
  return { first: BigInt(first), last: BigInt(last), entries };
}

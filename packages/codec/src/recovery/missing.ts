import { parseRecoveryReport, parseSuspicion } from './parse.js';
import type { RecoveryDamage, RecoveryReport } from './report.js';

/** How many tables the message names. */
const TABLES_NAMED = 3;

/**
 * The message of an opening that is refused because acknowledged entries are missing: what is, where, and what to do.
 *
 * @param path the database directory.
 * @param json the report of the native binding.
 */
export function describeMissing(path: string, json: string): string {
  const report = parseRecoveryReport(json);
  const { lostIn, mayBeRenumbered } = parseSuspicion(json);
  const damage = report.damages.find((candidate) => !candidate.harmless);
  return [
    `Entries that were acknowledged ${mayBeRenumbered ? 'may be' : 'are'} missing in ${path}:`,
    `the log can be read up to RocksDB's sequence ${report.reached ?? 0n}, and ${report.promised} was acknowledged.`,
    ...(damage === undefined ? [] : [describeDamage(damage)]),
    ...causeOf(lostIn, mayBeRenumbered, damage),
    ...describeBeyond(report),
    'Nothing was changed. Restore the directory from a backup, or open it with',
    "recovery: 'salvage' to go on with what is readable",
  ].join(' ');
}

function describeDamage({ file, offset, bytes, kind, expected, found }: RecoveryDamage): string {
  const what =
    kind === 'gap' ? `sequence ${expected} was to come, and ${found} does` : `${kind}, ${bytes} bytes`;
  return `${file} is damaged at offset ${offset} (${what}).`;
}

function causeOf(
  lostIn: string | null,
  mayBeRenumbered: boolean,
  damage: RecoveryDamage | undefined,
): string[] {
  if (lostIn !== null) {
    return [
      `The manifest ${lostIn} has lost records: it does not name the table files that an opening wrote.`,
      '`shale repair` finds what is in them; an opening would delete them.',
    ];
  }
  if (mayBeRenumbered) {
    return [
      'No damage was found. Another program has opened the database since. It has lost them, or it is a TransactionDB',
      "with the policy WritePrepared or WriteUnprepared, which renumbers the writes in Shale's logs, so that they",
      'take fewer sequences (RocksDB asks for a flush before such a program comes to a database): then nothing is',
      "missing, and 'salvage' opens all of it. Which of both cannot be told from the files.",
    ];
  }
  if (damage !== undefined) return [];
  return ['No damage was found: a log file is missing, or was cut off between two records.'];
}

function describeBeyond({ beyond, tables }: RecoveryReport): string[] {
  if (beyond.records === 0) return [];
  const named = tables
    .slice(0, TABLES_NAMED)
    .map(
      ({ region, table, beyond: seen }) =>
        `region ${region}, table ${table}, sequences ${seen.first} to ${seen.last}`,
    );
  const more = tables.length > TABLES_NAMED ? ' and more;' : '';
  return [`Behind that ${beyond.records} writes can be read: ${named.join(', ')}${more}.`];
}

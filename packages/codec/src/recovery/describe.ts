import type { RecoveryDamage, RecoveryReport, UnexaminedFile } from './report.js';

/**
 * What an opening dropped, found missing or could not examine, as one line for people; null when there is nothing to
 * report.
 *
 * @param report what the opening found.
 */
export function describeRecovery(report: RecoveryReport): string | null {
  const unexamined = report.unexamined.map(describeUnexamined).join('; ');
  const broken = report.place === 'none' ? null : describeEnd(report);
  if (broken === null) return unexamined === '' ? null : unexamined;
  return unexamined === '' ? broken : `${broken}; ${unexamined}`;
}

/**
 * What the check of an opening does not vouch for, as part of a sentence.
 *
 * @param unexamined one of {@link RecoveryReport.unexamined}.
 */
export function describeUnexamined({ file, reason }: UnexaminedFile): string {
  switch (reason) {
    case 'compressed':
      return `${file} was not examined, because another program has compressed it; RocksDB can replay it`;
    case 'recordType':
      return `${file} was not examined, because it has records of another version of RocksDB; this one can replay it`;
    case 'jump':
      return `RocksDB sequences are missing before ${file}: another program wrote without a log, or a log is missing`;
    case 'search':
      return `${file} was not examined to its end, because it has too much damage`;
    case 'manifest':
      return `the logs were not examined, because ${file} has records of another version of RocksDB`;
  }
}

function describeEnd(report: RecoveryReport): string {
  const damage = report.damages.find((candidate) => !candidate.harmless);
  const where = damage === undefined ? 'the log ends early' : describeDamage(damage);
  const beyond =
    report.beyond.records === 0
      ? ''
      : `; ${report.beyond.entries} entries in ${report.beyond.records} writes after it are not in the database`;
  const kept = report.keptIn === null ? '' : `; the damaged log files are kept in ${report.keptIn}`;
  if (report.missing) {
    return `acknowledged entries are missing: ${where}${beyond}${kept}`;
  }
  const known =
    report.watermark === 'valid'
      ? 'nothing acknowledged as durable is missing'
      : 'whether anything acknowledged is missing is not known';
  const end = report.place === 'tail' ? 'an unfinished end was dropped' : 'reading ends there';
  return `${where}: ${end}${beyond}${kept}; ${known}`;
}

function describeDamage({ file, offset, bytes, kind, expected, found }: RecoveryDamage): string {
  switch (kind) {
    case 'gap':
    case 'repeated':
      return `${file} has RocksDB's sequence ${found} at offset ${offset}, where ${expected} was expected`;
    case 'truncated':
      return `${file} is torn at offset ${offset} (${bytes} bytes)`;
    default:
      return `${file} is damaged at offset ${offset} (${bytes} bytes, ${kind})`;
  }
}

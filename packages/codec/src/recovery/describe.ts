import type { RecoveryDamage, RecoveryReport } from './report.js';

/**
 * What an opening dropped or is missing, as one line for a person; null when there is nothing to tell.
 *
 * @param report what the opening found.
 */
export function describeRecovery(report: RecoveryReport): string | null {
  if (report.place === 'none') return null;
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
  return `${where}: ${report.place === 'tail' ? 'an unfinished end was dropped' : 'reading ends there'}${beyond}${kept}; ${known}`;
}

function describeDamage({ file, offset, bytes, kind, expected, found }: RecoveryDamage): string {
  switch (kind) {
    case 'gap':
    case 'repeated':
      return `${file} has RocksDB's sequence ${found} at offset ${offset}, where ${expected} was to come`;
    case 'truncated':
      return `${file} is torn at offset ${offset} (${bytes} bytes)`;
    default:
      return `${file} is damaged at offset ${offset} (${bytes} bytes, ${kind})`;
  }
}

import { describeMissing, parseRecoveryReport } from '@shale/codec';
import { expect, test } from 'vitest';

/** What the native check gives, with what a case is about. */
function json(parts: object): string {
  return JSON.stringify({
    watermark: 'valid',
    promised: '12',
    reached: '7',
    missing: true,
    lostIn: null,
    mayBeRenumbered: false,
    salvaged: false,
    keptIn: null,
    elapsedMicros: 5,
    replayed: { files: 1, records: 3, entries: 7, bytes: 300 },
    beyond: { records: 0, entries: 0 },
    damages: [],
    moreDamages: 0,
    unexamined: [],
    tables: [],
    moreTables: 0,
    ...parts,
  });
}

const table = (id: number) => ({
  instance: 0,
  region: '1',
  table: String(id),
  readable: null,
  beyond: { first: '8', last: '9', entries: 2 },
});
const damage = { file: '4.log', offset: 90, bytes: 10, expected: '8', found: '0', harmless: false };

test.each([
  [{}, 'No damage was found: a log file is missing'],
  [{ reached: null }, "up to RocksDB's sequence 0, and 12 was acknowledged."],
  [{ lostIn: 'MANIFEST-000005' }, 'The manifest MANIFEST-000005 has lost records'],
  [{ mayBeRenumbered: true }, 'Entries that were acknowledged may be missing in /data: '],
  [
    { damages: [{ ...damage, kind: 'checksum' }] },
    '4.log is damaged at offset 90 (checksum, 10 bytes). Nothing',
  ],
  [{ damages: [{ ...damage, kind: 'gap', found: '10' }] }, '(sequence 8 was to come, and 10 does).'],
  [
    { beyond: { records: 4, entries: 8 }, tables: [1, 2, 3, 4].map(table) },
    'Behind that 4 writes can be read: region 1, table 1, sequences 8 to 9, region 1, table 2, sequences 8 to 9, ' +
      'region 1, table 3, sequences 8 to 9 and more;.',
  ],
])('an opening that is refused says why: %j', (parts, words) => {
  const message = describeMissing('/data', json(parts));
  expect(message).toContain(words);
  expect(message).toContain("open it with recovery: 'salvage'");
});

test('what only the message is made of is not in the report', () => {
  expect(parseRecoveryReport(json({}))).not.toHaveProperty('lostIn');
  expect(parseRecoveryReport(json({}))).not.toHaveProperty('mayBeRenumbered');
});

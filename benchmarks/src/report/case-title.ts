import { type CaseSpec, shortBytes, shortCount } from '@shale/bench-kit';

/** A case in words that fit on a phone. */
export function caseTitle(spec: CaseSpec): string {
  const size = shortBytes(spec.entryBytes).replace(/(?<=\d)(?=[A-Z])/, ' ');
  const tables = spec.tables === 1 ? '1 table' : `${shortCount(spec.tables)} tables`;
  const shards = spec.shards === 1 ? [] : [`${spec.shards} shards`];
  switch (spec.kind) {
    case 'append':
      return [
        spec.batch === 1 ? `${size} each` : `${size} × ${spec.batch}`,
        spec.spread === 'zipf' ? `${tables} zipf` : tables,
        spec.durability,
        `${spec.inFlight} in flight`,
        ...shards,
        ...(spec.loop === 'closed' ? [] : [`at ${Math.round(spec.loop.openAt * 100)} %`]),
        ...(spec.trim === 'none' ? [] : [`trim ${spec.trim}`]),
      ].join(', ');
    case 'read':
      return [
        READS[spec.read],
        size,
        tables,
        ...(spec.inFlight === 1 ? [] : [`${spec.inFlight} in flight`]),
      ].join(', ');
    case 'recovery':
      return spec.entries === 0
        ? 'a new, empty store'
        : [spec.end === 'killed' ? 'killed' : 'closed', tables, `${shortCount(spec.entries)} entries`].join(
            ', ',
          );
    case 'trim':
      return [`${shortCount(spec.entriesPerTable)} entries of ${size}`, tables].join(', ');
  }
}

const READS = {
  replay: 'replay',
  from: '1000 from a sequence',
  cold: 'cold scan',
  point: 'one entry',
  mix: 'half reads, half appends',
} as const;

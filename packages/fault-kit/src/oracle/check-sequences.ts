import { lastOf, type TableView } from './entries.js';
import type { FindingList } from './finding-list.js';

/** Acknowledged sequences grow with the order of submits, with no more room between them than what lies there needs. */
export function checkSequences(view: TableView, greatest: bigint, list: FindingList): void {
  let last = view.parts[0]?.found === true ? null : view.settledLast;
  let room = 0n;
  for (const part of view.parts) {
    const { first, submit, record } = part;
    if (record.count === 0 || submit.outcome === 'refused') continue;
    if (first === null) {
      room += BigInt(record.count);
      continue;
    }
    if (last !== null && first <= last) {
      list.add('reused', `a sequence after ${last}`, `an acknowledgement of ${first}`, first, part);
    } else if (last !== null && first > last + 1n + room) {
      const expected = `a sequence of at most ${last + 1n + room}`;
      list.add('hole', expected, `an acknowledgement of ${first}`, first, part);
    }
    last = lastOf(part, first);
    room = 0n;
  }
  const most = (last ?? view.settledLast) + room;
  if (greatest > most) {
    list.add('foreign', `a last sequence of at most ${most}`, `last sequence ${greatest}`);
  }
}

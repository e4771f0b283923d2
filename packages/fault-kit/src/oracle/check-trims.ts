import { lastOf, type TableView } from './entries.js';
import type { FindingList } from './finding-list.js';

/** Whether everything below the first sequence may have been trimmed. */
export function checkTrims(view: TableView, smallest: bigint, list: FindingList): void {
  const gone = smallest - 1n;
  if (gone <= view.settledTrim) return;
  const trims = view.trims.filter(({ outcome }) => outcome !== 'refused');
  let most = view.settledTrim;
  for (const { upTo } of trims) if (upTo > most) most = upTo;
  if (gone > most) {
    list.add('overtrimmed', `nothing trimmed beyond ${most}`, `a first sequence of ${smallest}`);
    return;
  }
  // A trim reaches only what was appended before it.
  let next = trims.length - 1;
  let reach = view.settledTrim;
  for (const part of view.parts.toReversed()) {
    for (let trim = trims[next]; trim !== undefined && trim.at > part.submit.at; trim = trims[--next]) {
      if (trim.upTo > reach) reach = trim.upTo;
    }
    if (part.first === null || part.first > gone || part.record.count === 0) continue;
    const end = lastOf(part, part.first);
    const removed = end < gone ? end : gone;
    if (removed > reach) {
      const expected = `it, or a trim after it of ${removed} or more`;
      list.add('overtrimmed', expected, `a first sequence of ${smallest}`, removed, part);
    }
  }
}

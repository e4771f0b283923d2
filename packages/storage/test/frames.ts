import { APPEND_TRIMS, encodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, type TableId } from '@shale/codec';

/** One append of a frame, or a trim, which has no entries. */
export interface FrameAppend {
  readonly table: number;
  readonly count: number;
  readonly trims?: bigint;
  readonly joins?: boolean;
  readonly expect?: bigint;
}

/** A frame as the engine makes them: entry n has the payload n. */
export function frame(
  tables: readonly TableId[],
  appends: readonly FrameAppend[],
  { instance = 0, sync = false }: { readonly instance?: number; readonly sync?: boolean } = {},
) {
  const entryCount = appends.reduce((sum, { count }) => sum + count, 0);
  const prefixes = new Uint8Array(tables.length * LOG_KEY_PREFIX_LENGTH);
  tables.forEach(
    (id, i) => void encodeLogKeyPrefix(prefixes, i * LOG_KEY_PREFIX_LENGTH, { instance, ...id }),
  );
  const data = new Uint8Array(entryCount * 2);
  for (let i = 0; i < entryCount; i++) data[i * 2 + 1] = i;
  return {
    data,
    lengths: new Uint8Array(new Uint32Array(entryCount).fill(2).buffer),
    entryCount,
    appends: Uint32Array.from(
      appends.flatMap(({ table, count, trims, joins, expect: expected }) => [
        table,
        count,
        trims === undefined ? (joins === true ? 1 : 0) | (expected === undefined ? 0 : 2) : APPEND_TRIMS,
      ]),
    ),
    appendCount: appends.length,
    tables: prefixes,
    tableCount: tables.length,
    expects: BigUint64Array.from(appends.flatMap(({ trims, expect: expected }) => trims ?? expected ?? [])),
    ids: new Uint8Array(0),
    sync,
  };
}

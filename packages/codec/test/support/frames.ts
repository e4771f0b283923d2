import { AppendFrameWriter, encodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, type TableId } from '@shale/codec';
import fc from 'fast-check';
import { tableId, u64 } from './arbitraries.js';

/** A model of what goes into a frame. */
export interface FrameModel {
  readonly tables: readonly TableId[];
  readonly appends: readonly AppendModel[];
  readonly sync: boolean;
}

export interface AppendModel {
  readonly table: number;
  readonly payloads: readonly Uint8Array[];
  readonly joins: boolean;
  readonly expect: bigint | undefined;
  /** If set, it is not an append but a trim up to this sequence, or a drop. */
  readonly removal?: bigint | 'drop' | undefined;
}

/** The flags that an append has in the frame. */
export function flagsOf({ joins, expect, removal }: AppendModel): number {
  if (removal !== undefined) return removal === 'drop' ? 8 : 4;
  return (joins ? 1 : 0) | (expect === undefined ? 0 : 2);
}

/** The expects of the frame. */
export function expectsOf(model: FrameModel): bigint[] {
  return model.appends.flatMap(({ expect, removal }) => {
    const value = removal === 'drop' ? undefined : (removal ?? expect);
    return value === undefined ? [] : [value];
  });
}

export function prefixOf(id: TableId): Uint8Array {
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  encodeLogKeyPrefix(prefix, 0, { instance: 0, region: id.region, table: id.table });
  return prefix;
}

export function sizeOf(model: FrameModel): number {
  const payloads = model.appends.flatMap((append) => append.payloads);
  const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
  return AppendFrameWriter.sizeFor(payloads.length, bytes, model.tables.length, model.appends.length);
}

/** Seals the model into `buffer`, or into one that is just large enough. */
export function sealed(model: FrameModel, buffer = new ArrayBuffer(sizeOf(model))): Uint8Array {
  const writer = new AppendFrameWriter(buffer);
  for (const id of model.tables) writer.addTable(prefixOf(id));
  for (const { table, payloads, joins, expect, removal } of model.appends) {
    if (removal !== undefined) {
      if (removal === 'drop') writer.addDrop(table);
      else writer.addTrim(table, removal);
      continue;
    }
    writer.beginAppend(table, { joins, expect });
    for (const payload of payloads) writer.add(payload);
  }
  return writer.seal({ sync: model.sync });
}

/** A removal has no entries, and nothing joins one. */
function possible(append: AppendModel, index: number, all: readonly AppendModel[]): AppendModel {
  if (append.removal !== undefined) return { ...append, payloads: [], joins: false, expect: undefined };
  const before = all[index - 1];
  return { ...append, joins: append.joins && before !== undefined && before.removal === undefined };
}

export const frameModel: fc.Arbitrary<FrameModel> = fc
  .array(tableId, { minLength: 1, maxLength: 40 })
  .chain((tables) =>
    fc.record({
      tables: fc.constant(tables),
      appends: fc
        .array(
          fc.record({
            table: fc.nat(tables.length - 1),
            payloads: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }),
            joins: fc.boolean(),
            expect: fc.option(u64, { nil: undefined }),
            removal: fc.option(fc.oneof(u64, fc.constant('drop' as const)), { nil: undefined, freq: 3 }),
          }),
          { maxLength: 20 },
        )
        .map((appends) => appends.map(possible)),
      sync: fc.boolean(),
    }),
  );

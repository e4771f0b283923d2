import { AppendFrameWriter, encodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, type TableId } from '@shale/codec';
import fc from 'fast-check';
import { tableId, u64 } from './arbitraries.js';

/** What goes into a frame, in words of its own. */
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
  for (const { table, payloads, joins, expect } of model.appends) {
    writer.beginAppend(table, { joins, expect });
    for (const payload of payloads) writer.add(payload);
  }
  return writer.seal({ sync: model.sync });
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
          }),
          { maxLength: 20 },
        )
        .map((appends) => appends.map((append, i) => ({ ...append, joins: i > 0 && append.joins }))),
      sync: fc.boolean(),
    }),
  );

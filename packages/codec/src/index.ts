export {
  type CatalogRecord,
  catalogMovedMark,
  decodeCatalogRecord,
  encodeCatalogRecord,
  isCatalogMovedMark,
} from './catalog-record.js';
export { type ChunkRun, EntryChunk, type ScanLayout } from './chunk/entry-chunk.js';
export { ERROR_CODES, ERROR_INFO, type ErrorCode, type ErrorCodeInfo } from './errors/codes.js';
export { type CauseData, type ErrorData, errorFromData, errorToData } from './errors/error-data.js';
export { mustBe } from './errors/refuse.js';
export { show } from './errors/show.js';
export { tableInWords } from './errors/table-in-words.js';
export { type ErrorDetails, type TableId, WalError, type WalErrorOptions } from './errors/wal-error.js';
export {
  type AppendFrame,
  type AppendFrameLimits,
  decodeAppendFrame,
  timeOfId,
} from './frame/append-frame.js';
export {
  AppendFrameWriter,
  type AppendOptions,
  type FrameOutline,
  ID_RESERVE,
} from './frame/append-frame-writer.js';
export {
  type AppendError,
  type AppendReply,
  decodeAppendReply,
  encodeAppendReply,
} from './frame/append-reply.js';
export {
  APPEND_DROPS,
  APPEND_EXPECTS,
  APPEND_ID,
  APPEND_JOINS,
  APPEND_POSITION,
  APPEND_TRIMS,
  APPEND_WORDS,
  ID_HEADER_LENGTH,
} from './frame/frame-format.js';
export { EntryPacker, memoryOf, type PackedEntries } from './frame/packed-entries.js';
export type { OverArrayBuffer } from './frame/typed-views.js';
export {
  APPEND_ID_HEADER_LENGTH,
  APPEND_ID_KEY_LENGTH,
  APPEND_IDS_HEADER_LENGTH,
  APPEND_IDS_ITEM_LENGTH,
  type AppendId,
  type AppendIdKey,
  appendIdKey,
  appendIdRange,
  appendIdRangeOfTable,
  beginAppendIds,
  checkAppendId,
  decodeAppendId,
  decodeAppendIdKey,
  decodeAppendIds,
  encodeAppendId,
  encodeAppendIds,
  MAX_APPEND_ID_BYTES,
  toAppendId,
  writeAppendIdItem,
} from './layout/append-id-record.js';
export {
  type ConsumerRecord,
  consumerKey,
  consumerRange,
  decodeConsumer,
  decodeConsumerKey,
  encodeConsumer,
} from './layout/consumer-record.js';
export {
  CATALOG_INSTANCE,
  FORMAT_VERSION,
  logNamespace,
  MAX_INSTANCE,
  metaNamespace,
  type Namespace,
  namespaceOf,
} from './layout/instance.js';
export {
  decodeLogKey,
  decodeLogKeyPrefix,
  encodeLogKey,
  encodeLogKeyPrefix,
  LOG_KEY_LENGTH,
  LOG_KEY_PREFIX_LENGTH,
  type LogKey,
  type LogKeyPrefix,
} from './layout/log-key.js';
export { decodeLogValue, encodeLogValue, LOG_VALUE_HEADER_LENGTH } from './layout/log-value.js';
export {
  decodeMark,
  decodeMarkKey,
  encodeMark,
  MARK_KEY_LENGTH,
  MARK_VALUE_LENGTH,
  type MarkKey,
  markKey,
  markRange,
  markRangeOfTable,
  type TimeMark,
} from './layout/mark-record.js';
export { decodeMetaKey, encodeMetaKey, META_KEY_LENGTH, type MetaKey } from './layout/meta-key.js';
export { decodeMetaValue, encodeMetaValue, META_VALUE_LENGTH } from './layout/meta-value.js';
export {
  decodeNameCounter,
  decodeNameKey,
  decodeNameValue,
  decodeTableNameKey,
  decodeTableNameValue,
  encodeNameCounter,
  encodeNameValue,
  encodeTableNameValue,
  FIRST_NAMED_TABLE,
  isNamedTable,
  nameCounterKey,
  nameKey,
  nameRange,
  tableNameKey,
  tableNameRange,
} from './layout/name-records.js';
export {
  decodePosition,
  decodePositionKey,
  encodePosition,
  encodePositionInto,
  POSITION_KEY_LENGTH,
  POSITION_VALUE_HEADER_LENGTH,
  type Position,
  type PositionKey,
  positionKey,
  positionRange,
  positionRangeOfRegion,
  positionRangeOfTable,
} from './layout/position-record.js';
export {
  floorRange,
  instanceRange,
  type KeyRange,
  keySuccessor,
  logKey,
  metaKey,
  metaRange,
  prefixSuccessor,
  regionRange,
  sequenceRange,
  tableRange,
  tableRangeUpTo,
} from './layout/ranges.js';
export type { RecordTarget } from './layout/record-target.js';
export {
  decodeRequirement,
  encodeRequirementValue,
  type Requirement,
  requirementKey,
  requirementRange,
} from './layout/requirement.js';
export {
  decodeRetention,
  decodeRetentionKey,
  decodeSubscription,
  decodeSubscriptionKey,
  encodeRetention,
  encodeSubscription,
  NO_LIMIT,
  type RecordLimit,
  type RetentionRecord,
  retentionKey,
  retentionRange,
  subscriptionKey,
  subscriptionRange,
} from './layout/retention-record.js';
export { U64_MAX } from './layout/u64.js';
export { bytesCodec } from './payload/bytes.js';
export { jsonCodec } from './payload/json.js';
export { asBytes, type BytesInput, lengthOfBytes, measurePayload } from './payload/measure.js';
export { msgpackCodec } from './payload/msgpack.js';
export type { PayloadCodec } from './payload/payload-codec.js';
export { utf8Codec } from './payload/utf8.js';
export { describeRecovery, describeUnexamined } from './recovery/describe.js';
export { describeMissing } from './recovery/missing.js';
export { parseRecoveryReport } from './recovery/parse.js';
export type {
  DamageKind,
  RecoveryDamage,
  RecoveryReport,
  RecoveryTable,
  SeenEntries,
  UnexaminedFile,
  UnexaminedReason,
} from './recovery/report.js';
export {
  decodeReplicaEntries,
  encodeReplicaEntries,
  REPLICA_ENTRY_OVERHEAD,
} from './replica/replica-entries.js';
export {
  decodeReplicaHeader,
  encodeReplicaHeader,
  nextAfter,
  REPLICA_HEADER,
  REPLICA_KINDS,
  type ReplicaHeader,
  type ReplicaKind,
} from './replica/replica-header.js';
export {
  decodeRun,
  encodeRun,
  RUN_DESCENDING,
  RUN_DROP,
  RUN_FLOOR,
  RUN_ID,
  RUN_POSITION,
  RUN_SKIP,
  RUN_STRIDE,
  RUN_TRIM,
  RUN_TRIM_MOST,
  type Run,
} from './run.js';
export { type Message, MessageStream } from './stream/message-stream.js';
export { decodeMessage } from './stream/plain-reader.js';
export { encodeMessage } from './stream/plain-writer.js';
export { tableKey } from './table-key.js';
export { MAX_NAME_BYTES } from './table-name.js';
export { toU64, type U64Like } from './u64-like.js';

export { ERROR_CODES, ERROR_INFO, type ErrorCode, type ErrorCodeInfo } from './errors/codes.js';
export { type CauseData, type ErrorData, errorFromData, errorToData } from './errors/error-data.js';
export { type ErrorDetails, type TableId, WalError, type WalErrorOptions } from './errors/wal-error.js';
export {
  decodeGroup,
  encodeGroup,
  GROUP_DESCENDING,
  GROUP_SKIP,
  GROUP_STRIDE,
  type Group,
} from './group.js';
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
export { decodeMetaKey, encodeMetaKey, META_KEY_LENGTH, type MetaKey } from './layout/meta-key.js';
export { decodeMetaValue, encodeMetaValue, META_VALUE_LENGTH } from './layout/meta-value.js';
export {
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
export { U64_MAX } from './layout/u64.js';

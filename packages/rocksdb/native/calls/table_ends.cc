// tableEnds: what recovering a table needs, of many tables at once.
#include "calls/calls.h"
#include "core/format.h"
#include "database/table_ends.h"
#include "napi/entry.h"

namespace shale {

namespace {

// tableEnds(handle, tables, into)
napi_value tableEnds(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  const Bytes tables = arguments.bytes(1, "tables");
  const Bytes into = arguments.target(2, "into");
  if (tables.size % kLogKeyPrefixLength != 0) throwRangeError("tables", "a multiple of 17 bytes");
  if (tables.size / kLogKeyPrefixLength > into.size / kTableEndsStride) {
    throwRangeError("into", "32 bytes long for each of the tables");
  }
  for (size_t at = 0; at < tables.size; at += kLogKeyPrefixLength) {
    if (tables.data[at] % 2 != 1) throwRangeError("tables", "of odd namespaces");
  }
  findTableEnds(guard, tables, into);
  return makeNull(arguments.env());
}

}  // namespace

void exportTableEnds(napi_env env, napi_value exports) { exportFunction<tableEnds>(env, exports, "tableEnds"); }

}  // namespace shale

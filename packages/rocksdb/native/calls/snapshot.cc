// snapshot and releaseSnapshot.
#include "calls/calls.h"
#include "napi/entry.h"

namespace shale {

namespace {

// snapshot(handle): snapshot
napi_value snapshot(const Arguments& arguments) { return wrapSnapshot(arguments.env(), arguments.lease(0)); }

// releaseSnapshot(snapshot); idempotent
napi_value releaseSnapshot(const Arguments& arguments) {
  arguments.snapshotHold(0).release();
  return makeNull(arguments.env());
}

}  // namespace

void exportSnapshot(napi_env env, napi_value exports) {
  exportFunction<snapshot>(env, exports, "snapshot");
  exportFunction<releaseSnapshot>(env, exports, "releaseSnapshot");
}

}  // namespace shale

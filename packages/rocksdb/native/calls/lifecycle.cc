// open, attach, close, claims.
#include <memory>
#include <utility>

#include "calls/calls.h"
#include "database/registry.h"
#include "napi/entry.h"
#include "napi/operation.h"
#include "napi/settings.h"

namespace shale {

namespace {

// open(path, readOnly, createIfMissing, settings, salvage): Promise<handle>
napi_value open(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  const bool readOnly = arguments.boolean(1, "readOnly");
  const bool createIfMissing = arguments.boolean(2, "createIfMissing");
  Settings settings = readSettings(arguments.env(), arguments.raw(3));
  settings.salvage = arguments.boolean(4, "salvage");
  return startOperation(arguments.env(), path, Duration::kBrief, [=]() -> Finish {
    auto reference = std::make_shared<Reference>(Registry::instance().open(path, readOnly, createIfMissing, settings));
    return [reference](napi_env env) { return wrapLease(env, std::make_unique<Lease>(std::move(*reference))); };
  });
}

// attach(path, handleId): handle
napi_value attach(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  const uint32_t handleId = arguments.integer(1, "handleId", 0, UINT32_MAX);
  return wrapLease(arguments.env(), std::make_unique<Lease>(Registry::instance().join(path, handleId)));
}

// close(handle): Promise<void>
napi_value close(const Arguments& arguments) {
  auto reference = std::make_shared<Reference>(arguments.leaseMaybeClosed(0).detach());
  const std::string path = *reference ? (*reference)->path() : "";
  return startOperation(arguments.env(), path, Duration::kBrief, [reference]() -> Finish {
    reference->dropAndWait();
    return finishWithUndefined();
  });
}

napi_value realPathOf(const Arguments& arguments) {
  return makeString(arguments.env(), arguments.lease(0).database().path());
}

napi_value handleIdOf(const Arguments& arguments) {
  return makeNumber(arguments.env(), arguments.lease(0).database().handleId());
}

// recovery(handle): string, what its opening has found, as JSON
napi_value recovery(const Arguments& arguments) {
  return makeString(arguments.env(), arguments.lease(0).database().recovery());
}

napi_value claim(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  return makeBoolean(arguments.env(), lease.database().claims().claim(arguments.string(1, "name"), &lease));
}

napi_value releaseClaim(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database().claims().release(arguments.string(1, "name"), &lease);
  return makeNull(arguments.env());
}

}  // namespace

void exportLifecycle(napi_env env, napi_value exports) {
  exportFunction<open>(env, exports, "open");
  exportFunction<attach>(env, exports, "attach");
  exportFunction<close>(env, exports, "close");
  exportFunction<realPathOf>(env, exports, "path");
  exportFunction<handleIdOf>(env, exports, "handleId");
  exportFunction<recovery>(env, exports, "recovery");
  exportFunction<claim>(env, exports, "claim");
  exportFunction<releaseClaim>(env, exports, "releaseClaim");
}

}  // namespace shale

// The addon: context-aware, loaded by every thread that uses it.
#include <rocksdb/version.h>

#include "calls/calls.h"
#include "database/registry.h"
#include "napi/entry.h"
#include "napi/environment.h"

namespace shale {

namespace {

// initialize(RocksDBError): once per environment, before anything else.
napi_value initialize(const Arguments& arguments) {
  napi_valuetype type;
  check(napi_typeof(arguments.env(), arguments.raw(0), &type));
  if (type != napi_function) throwTypeError("constructor", "a class");
  void* existing = nullptr;
  check(napi_get_instance_data(arguments.env(), &existing));
  if (existing == nullptr) Environment::install(arguments.env(), arguments.raw(0));
  // The process does not exit while a thread runs JavaScript.
  Registry::handleExit();
  return makeNull(arguments.env());
}

#define SHALE_TEXT(value) #value
#define SHALE_VERSION(major, minor, patch) SHALE_TEXT(major) "." SHALE_TEXT(minor) "." SHALE_TEXT(patch)

// Which calls there are, as src/native.ts knows them: raised when one of them changes.
constexpr double kInterface = 3;

void exportAll(napi_env env, napi_value exports) {
  setProperty(env, exports, "interface", makeNumber(env, kInterface));
  setProperty(env, exports, "rocksdbVersion",
              makeString(env, SHALE_VERSION(ROCKSDB_MAJOR, ROCKSDB_MINOR, ROCKSDB_PATCH)));
  exportFunction<initialize>(env, exports, "initialize");
  exportLifecycle(env, exports);
  exportWrite(env, exports);
  exportTrim(env, exports);
  exportScan(env, exports);
  exportFetch(env, exports);
  exportHeads(env, exports);
  exportTableEnds(env, exports);
  exportRecords(env, exports);
  exportSnapshot(env, exports);
  exportInspect(env, exports);
  exportAdmin(env, exports);
  exportSurvey(env, exports);
  exportLogFiles(env, exports);
  exportTableFiles(env, exports);
  exportRebuild(env, exports);
  exportLibrary(env, exports);
  exportBackup(env, exports);
  exportLoans(env, exports);
}

}  // namespace

}  // namespace shale

NAPI_MODULE_INIT() {
  try {
    shale::exportAll(env, exports);
    return exports;
  } catch (...) {
    shale::throwIntoJavaScript(env);
    return nullptr;
  }
}

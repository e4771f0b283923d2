// The librocksdb that the process has loaded, which need not be the one that the addon was compiled against.
#include <rocksdb/version.h>

#include "calls/calls.h"
#include "napi/entry.h"

namespace shale {

namespace {

// libraryInfo(): { loaded, properties }
napi_value libraryInfo(const Arguments& arguments) {
  const napi_env env = arguments.env();
  napi_value properties = makeObject(env);
  for (const auto& item : rocksdb::GetRocksBuildProperties()) {
    setProperty(env, properties, item.first.c_str(), makeString(env, item.second));
  }
  napi_value result = makeObject(env);
  setProperty(env, result, "loaded", makeString(env, rocksdb::GetRocksVersionAsString(true)));
  setProperty(env, result, "properties", properties);
  return result;
}

}  // namespace

void exportLibrary(napi_env env, napi_value exports) { exportFunction<libraryInfo>(env, exports, "libraryInfo"); }

}  // namespace shale

// Single log files, without their database.
#include <memory>
#include <string>

#include "calls/calls.h"
#include "napi/entry.h"
#include "napi/operation.h"
#include "recovery/saved_log.h"

namespace shale {

namespace {

// saveLogFile(source, target, number): Promise<{ report, deletions }>. Copies the records that can be read.
napi_value saveLogFile(const Arguments& arguments) {
  const std::string source = arguments.string(0, "source");
  const std::string target = arguments.string(1, "target");
  const uint64_t number = arguments.bigint(2, "number");
  return startOperation(arguments.env(), source, Duration::kLengthy, [=]() -> Finish {
    const auto saved = std::make_shared<SavedLog>(saveLog(source, target, number));
    return [saved](napi_env env) {
      napi_value result = makeObject(env);
      setProperty(env, result, "report", makeString(env, saved->report()));
      setBytes(env, result, "deletions", saved->deletions);
      return result;
    };
  });
}

}  // namespace

void exportLogFiles(napi_env env, napi_value exports) {
  exportFunction<saveLogFile>(env, exports, "saveLogFile");
}

}  // namespace shale

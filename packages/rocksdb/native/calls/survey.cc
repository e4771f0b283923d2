// What a directory says of itself, without opening its database.
#include <string>

#include "calls/calls.h"
#include "napi/entry.h"
#include "napi/operation.h"
#include "recovery/survey.h"

namespace shale {

namespace {

// surveyDirectory(path): Promise<string>, JSON
napi_value surveyDirectory(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    const std::string survey = surveyOf(path);
    return [survey](napi_env env) { return makeString(env, survey); };
  });
}

}  // namespace

void exportSurvey(napi_env env, napi_value exports) {
  exportFunction<surveyDirectory>(env, exports, "surveyDirectory");
}

}  // namespace shale

// Calls that return a promise: the work runs on a thread of the executor.
#pragma once

#include <node_api.h>

#include <functional>
#include <memory>
#include <string>

#include "database/registry.h"

namespace shale {

// Runs in a thread of the executor; may throw. The result is turned into a value by the function it returns, which
// runs in the JavaScript thread, or never if that has gone.
using Finish = std::function<napi_value(napi_env)>;
using Work = std::function<Finish()>;

// Where it waits, and for whom: reads wait for reads alone.
enum class Duration { kBrief, kLengthy, kRead };

// `path` goes into the errors. Whatever `work` owns is released as soon as it has run; `kept`, if there is one, is kept
// from being collected until the promise is settled.
napi_value startOperation(napi_env env, std::string path, Duration duration, Work work, napi_value kept = nullptr);

Finish finishWithUndefined();

// For work on an open database: holds a reference of its own until the work is done.
napi_value startDatabaseOperation(napi_env env, Reference reference, Duration duration,
                                  std::function<void(SharedDatabase&)> work);

}  // namespace shale

// The settings of a database, as JavaScript passes them.
#pragma once

#include <node_api.h>

#include "database/options.h"

namespace shale {

// Throws an ArgumentError that names the setting which is not of its type or out of range.
Settings readSettings(napi_env env, napi_value object);

}  // namespace shale

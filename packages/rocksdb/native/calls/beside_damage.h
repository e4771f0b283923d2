// Reads that have met damage are done once more, beside it.
#pragma once

#include <node_api.h>

#include "core/errors.h"
#include "database/database.h"
#include "napi/arguments.h"

namespace shale {

// A call that only reads, with the database as its first argument. Where what it looks for cannot be in the file that is
// damaged, it finds it in the second go.
template <napi_value (*Function)(const Arguments&)>
napi_value besideDamage(const Arguments& arguments) {
  try {
    return Function(arguments);
  } catch (const DatabaseError& error) {
    if (error.code != "ROCKSDB_CORRUPTION") throw;
    const DatabaseGuard guard(arguments.lease(0).database());
    if (!guard.lookBesideDamage()) throw;
  }
  return Function(arguments);
}

}  // namespace shale

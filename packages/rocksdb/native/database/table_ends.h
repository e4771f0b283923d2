// What recovering a table needs, its entries and its floor, of many tables at once.
#pragma once

#include "core/bytes.h"
#include "database/database.h"

namespace shale {

// Writes a record of kTableEndsStride bytes into `into` for each of the tables, in their order. `tables` are prefixes
// of log keys, kLogKeyPrefixLength bytes each and of odd namespaces. What cannot be read is left unknown.
void findTableEnds(const DatabaseGuard& guard, Bytes tables, Bytes into);

}  // namespace shale

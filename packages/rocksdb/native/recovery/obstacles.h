// What other programs may do to a database with options that Shale does not open it with. RocksDB refuses some of it,
// but only after the logs have been looked at and cut; some it misreads, or does not see at all.
#pragma once

#include <optional>
#include <string>

#include "recovery/log_scan.h"
#include "recovery/manifest.h"

namespace shale {

// Throws ROCKSDB_NOT_SUPPORTED, with what to do, when the database can only be opened with other options. Looks at the
// directory only. `readOnly`: other column families may stay closed then.
void requireKnownLayout(const std::string& path, const Manifest& manifest, bool readOnly);

// Throws it for a record of a log that RocksDB would not replay, or would misread.
void requireKnownRecords(const std::string& path, const std::optional<Obstacle>& obstacle);

}  // namespace shale

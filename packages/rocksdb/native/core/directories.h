// Database directories: created, resolved, and made durable.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace shale {

// Makes a directory and whatever is missing above it. All of these names survive a crash of the machine once it
// returns. With `ownerOnly` the directory itself, if it is made, is its owner's alone, whatever the umask; those above
// it are not the database's. Throws DatabaseError; what is no directory is found by realPath().
void createDirectory(const std::string& path, bool ownerOnly);

// The real path of a directory. Throws DatabaseError.
std::string realPath(const std::string& path);

// What a writer changes in a directory when it flushes or compacts: which files there are, and the size of its
// manifest.
struct Listing {
  std::set<std::string> files;
  uintmax_t manifestSize = 0;

  bool operator==(const Listing& other) const { return files == other.files && manifestSize == other.manifestSize; }
};
Listing listDirectory(const std::string& directory);

// Puts all of RocksDB's logs in a directory on stable storage. RocksDB syncs those that it writes itself, but none that
// it has replayed and keeps: what is acknowledged in the next log would be worth nothing with a gap before it. Throws
// DatabaseError.
void syncLogs(const std::string& directory);

// What is in a directory; nothing if there is none. Throws DatabaseError: a listing that cannot be made is not an empty
// one: a later opening that finds no logs takes them for lost.
std::vector<std::string> namesIn(const std::string& directory);

}  // namespace shale

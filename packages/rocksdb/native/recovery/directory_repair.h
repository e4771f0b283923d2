// RocksDB's own repair: makes a database of the table and log files in a directory.
#pragma once

#include <string>
#include <vector>

namespace shale {

// Changes the directory. Returns RocksDB's warnings and errors, at most 10,000. Throws DatabaseError.
std::vector<std::string> repairDirectory(const std::string& path);

}  // namespace shale

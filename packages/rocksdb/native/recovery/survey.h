// What the watermark and the manifest of a directory say, read without RocksDB: what a repair knows before it
// trusts any file.
#pragma once

#include <string>

namespace shale {

// As JSON. What cannot be read is named in it.
std::string surveyOf(const std::string& directory);

}  // namespace shale

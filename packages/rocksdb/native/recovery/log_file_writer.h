// Writes a log file that RocksDB can read, from records that are known to be whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/regular_file.h"

namespace shale {

class LogFileWriter {
 public:
  // Makes the file, its owner's alone. Throws DatabaseError, also when it is there already.
  explicit LogFileWriter(std::string path);

  // Throws DatabaseError.
  void append(const std::string& record);
  // Everything appended is with the operating system. Throws DatabaseError.
  void finish();

 private:
  void fragment(uint8_t type, const char* data, size_t size);
  void write();

  const std::string path_;
  Descriptor file_;
  std::vector<char> buffer_;
  size_t inBlock_ = 0;
};

}  // namespace shale

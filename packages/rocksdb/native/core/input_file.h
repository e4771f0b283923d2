// A file that is read in order or at any offset. Reads what is there now: the file may grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace shale {

class InputFile {
 public:
  // Throws DatabaseError, with ROCKSDB_NOT_FOUND when there is none.
  explicit InputFile(std::string path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const;
  // Reads up to `size` bytes; fewer only at the end of the file. Throws DatabaseError.
  size_t read(uint64_t offset, void* into, size_t size) const;

 private:
  const std::string path_;
  int file_ = -1;
};

// The whole of a small file; throws DatabaseError, also when it is larger than `most`.
std::string readSmallFile(const std::string& path, size_t most);

// A failed call of the operating system, by errno.
[[noreturn]] void throwSystemError(const std::string& what, const std::string& path, int error);

}  // namespace shale

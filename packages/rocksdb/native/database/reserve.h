// The space reserve: a file that holds room on the disk while there is some. On a full disk it is deleted, so that
// trims, which make room, can be written, and the database can be opened at all.
#pragma once

#include <cstdint>
#include <string>

namespace shale {

class Reserve {
 public:
  // `size` 0: none is kept.
  Reserve(const std::string& directory, uint64_t size) : path_(directory + "/RESERVE"), size_(size) {}

  // Whether the file is there now, made if it was not.
  bool keep() const;
  // Whether the disk has room for another one.
  bool hasRoom() const;
  // Whether there was one to give up.
  bool giveUp() const;

 private:
  const std::string path_;
  const uint64_t size_;
};

}  // namespace shale

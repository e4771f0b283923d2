// All that can be read of one table file, in order, whatever is damaged in between.
#pragma once

#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace shale {

class TableFileWalk {
 public:
  // What could not be read: everything between two keys, neither of which is included.
  struct Gap {
    // Nothing: from the beginning of the file.
    std::optional<std::string> after;
    // Nothing: up to the end of the file.
    std::optional<std::string> before;
    std::string message;
  };

  // Throws DatabaseError when the file cannot be opened at all.
  TableFileWalk(const rocksdb::Options& options, const std::string& path);

  // Steps to the next record that can be read; false at the end.
  bool next();
  rocksdb::Slice key() const { return iterator_->key(); }
  rocksdb::Slice value() const { return iterator_->value(); }
  // Whether an iterator with these options finds the key that this one is at.
  bool isThere(const rocksdb::ReadOptions& options) const;
  const std::vector<Gap>& gaps() const { return gaps_; }

 private:
  bool seek(const std::string& key);
  bool stepOver();

  mutable rocksdb::SstFileReader reader_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  bool started_ = false;
  std::optional<std::string> last_;
  std::vector<Gap> gaps_;
};

}  // namespace shale

// RocksDB's DB::Open, which hands out a raw pointer up to version 10 and a unique_ptr from 11 on.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

namespace shale {

template <class DB>
auto openAs(const rocksdb::Options& options, const std::string& path, std::unique_ptr<DB>* out, int)
    -> decltype(DB::Open(options, path, out)) {
  return DB::Open(options, path, out);
}

template <class DB>
rocksdb::Status openAs(const rocksdb::Options& options, const std::string& path, std::unique_ptr<DB>* out, long) {
  DB* raw = nullptr;
  rocksdb::Status status = DB::Open(options, path, &raw);
  out->reset(raw);
  return status;
}

inline rocksdb::Status openRocksDB(const rocksdb::Options& options, const std::string& path,
                                   std::unique_ptr<rocksdb::DB>* out) {
  return openAs<rocksdb::DB>(options, path, out, 0);
}

}  // namespace shale

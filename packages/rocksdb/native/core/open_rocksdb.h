// RocksDB's functions that open something, which give a raw pointer up to version 10 and a unique_ptr from 11 on.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <type_traits>

namespace shale {

// Calls `open` with the kind of pointer that it can be called with.
template <class T, class Open>
rocksdb::Status openInto(std::unique_ptr<T>* out, Open open) {
  if constexpr (std::is_invocable_v<Open, std::unique_ptr<T>*>) {
    return open(out);
  } else {
    T* raw = nullptr;
    const rocksdb::Status status = open(&raw);
    out->reset(raw);
    return status;
  }
}

inline rocksdb::Status openRocksDB(const rocksdb::Options& options, const std::string& path,
                                   std::unique_ptr<rocksdb::DB>* out) {
  return openInto(out, [&](auto* db) -> decltype(rocksdb::DB::Open(options, path, db)) {
    return rocksdb::DB::Open(options, path, db);
  });
}

}  // namespace shale

// What an opening changes in a directory before RocksDB opens it: damaged files are copied aside, and cut where reading
// ends.
#pragma once

#include <rocksdb/db.h>

#include <string>

#include "recovery/verdict.h"

namespace shale {

class Mending {
 public:
  // Both must outlive it.
  Mending(const std::string& path, const RecoveryRequest& request) : path_(path), request_(request) {}

  void prepareLogs(const Findings& found);
  // Adds what it cuts to the damage that was found.
  void prepareManifest(Findings* found);
  // Puts back a manifest that was cut.
  void undo(const Findings& found) const;

  // The directory with the copies; empty if nothing was copied.
  const std::string& keptIn() const { return keptIn_; }
  // Sequences that are only in the copies may have been given out.
  bool raisesFloors() const { return raisesFloors_; }

 private:
  void keepCopy(const std::string& name);

  const std::string& path_;
  const RecoveryRequest& request_;
  std::string keptIn_;
  bool raisesFloors_ = false;
};

// No sequence that is known to have been given out may be given out again. That is read from the logs that were put
// aside, also by an earlier opening that did not get as far as this.
void raiseFloors(const std::string& path, rocksdb::DB& db);

}  // namespace shale

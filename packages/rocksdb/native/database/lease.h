// One Database object of JavaScript: the right of a thread to use a shared database.
#pragma once

#include <rocksdb/snapshot.h>

#include <unordered_set>

#include "database/registry.h"

namespace shale {

class Lease;

// One Snapshot object of JavaScript. Belongs to the thread of its lease.
struct SnapshotHold {
  Lease* lease = nullptr;  // null once released
  const rocksdb::Snapshot* snapshot = nullptr;
  uint64_t opening = 0;  // of the RocksDB that it is of

  ~SnapshotHold() { release(); }
  void release();
};

// Everything here happens in the thread that the lease belongs to. It ends by close(), by garbage collection, or by
// the end of the thread, whichever comes first.
class Lease {
 public:
  // Where the database is closed if this was the last reference: in this thread, or on a thread of the executor.
  enum class Closing { kHere, kElsewhere };

  explicit Lease(Reference reference) : reference_(std::move(reference)), path_(reference_->path()) {}
  ~Lease() { release(Closing::kElsewhere); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool closed() const { return !reference_; }
  // Throws ROCKSDB_CLOSED.
  SharedDatabase& database();
  Reference forCall();

  void takeSnapshot(SnapshotHold* hold);
  void forget(SnapshotHold* hold) { snapshots_.erase(hold); }

  // The environment has let go of this lease; its finalizer must not look for it there.
  bool orphaned = false;

  // Gives up snapshots, claims, watches, loans and the reference; idempotent. It waits while another thread writes what
  // this one has lent.
  void release(Closing closing);
  // The same, but leaves the reference to the caller.
  Reference detach();

 private:
  Reference reference_;
  const std::string path_;
  std::unordered_set<SnapshotHold*> snapshots_;
};

}  // namespace shale

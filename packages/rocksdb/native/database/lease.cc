#include "database/lease.h"

#include <memory>

#include "core/errors.h"
#include "core/executor.h"

namespace shale {

void SnapshotHold::release() {
  if (lease == nullptr) return;
  lease->database().release(snapshot, opening);
  lease->forget(this);
  lease = nullptr;
  snapshot = nullptr;
}

SharedDatabase& Lease::database() {
  if (closed()) throw DatabaseError{"ROCKSDB_CLOSED", "The database was closed: " + path_, path_};
  return *reference_;
}

Reference Lease::forCall() {
  database();
  return reference_.forCall();
}

void Lease::takeSnapshot(SnapshotHold* hold) {
  const DatabaseGuard guard(database());
  hold->snapshot = guard.takeSnapshot();
  hold->opening = guard.opening();
  hold->lease = this;
  snapshots_.insert(hold);
}

Reference Lease::detach() {
  if (closed()) return Reference();
  while (!snapshots_.empty()) (*snapshots_.begin())->release();
  reference_->claims().releaseAll(this);
  reference_->dropHistory().unwatchAll(this);
  reference_->keptScans().clear();
  reference_->loans().leave(this);
  return std::move(reference_);
}

void Lease::release(Closing closing) {
  Reference reference = detach();
  if (!reference || closing == Closing::kHere) return;
  try {
    auto shared = std::make_shared<Reference>(std::move(reference));
    Executor::brief().submit([shared] { shared->drop(); });
  } catch (...) {
    // No thread to be had: the reference has been dropped here instead.
  }
}

}  // namespace shale

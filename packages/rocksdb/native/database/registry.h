// The process-wide registry of open databases. A real path has one SharedDatabase that can write, whichever thread
// asks, and one more for each time that it was opened to be read only: what these show is the moment they were opened
// at, so an open that joined an earlier one would not see what was written before it. Handle ids tell them apart.
//
//   opening ──► open ──► closing ──► (gone)
//
// A database is open while there are references: each lease is one, and each asynchronous call under way is
// one. Synchronous calls need none, for the lease of their own thread cannot go while they run. Dropping the
// last reference closes the database, outside of the registry's lock; an open of the same path waits for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "database/database.h"

namespace shale {

// Holds a database open. Move-only; dropping it may close the database in the calling thread.
class Reference {
 public:
  enum class Kind { kLease, kCall };

  Reference() = default;
  Reference(SharedDatabase* database, Kind kind) : database_(database), kind_(kind) {}
  Reference(Reference&& other) noexcept : database_(std::exchange(other.database_, nullptr)), kind_(other.kind_) {}
  Reference& operator=(Reference&& other) noexcept;
  ~Reference() { drop(); }

  SharedDatabase* operator->() const { return database_; }
  SharedDatabase& operator*() const { return *database_; }
  explicit operator bool() const { return database_ != nullptr; }

  void drop();
  // Drops it, and if it was the last lease, returns only when the database is closed (or another lease has joined it).
  void dropAndWait();
  // A further reference to the same database, for a call under way.
  Reference forCall() const;

 private:
  SharedDatabase* database_ = nullptr;
  Kind kind_ = Kind::kCall;
};

class Registry {
 public:
  // Lives as long as the process; never destroyed.
  static Registry& instance();

  // The handle id of the database that can write.
  static constexpr uint32_t kWritable = 0;

  // Calls `hook` when the process ends, before anything is waited for or closed: no call may go on into JavaScript
  // then.
  void onExit(void (*hook)()) { exitHook_ = hook; }

  // From now on all is closed when the process exits, before RocksDB's own statics go. So these must exist already. To be
  // called by a thread that the exit waits for, and before anything else here.
  static void handleExit();

  // Opens, or joins what can write. Blocks while the same path is being opened or closed: for pool threads. Throws
  // DatabaseError.
  Reference open(const std::string& path, bool readOnly, bool createIfMissing, const Settings& settings);
  // Joins what is open. Never blocks for long; throws ROCKSDB_CLOSED if there is none.
  Reference join(const std::string& path, uint32_t handleId);

 private:
  friend class Reference;

  using Key = std::pair<std::string, uint32_t>;
  enum class State { kOpening, kOpen, kClosing };
  struct Entry {
    State state = State::kOpening;
    std::unique_ptr<SharedDatabase> database;
    size_t references = 0;
    size_t leases = 0;
  };

  Registry() = default;
  Entry& entryOf(const SharedDatabase& database);
  void addCall(SharedDatabase& database);
  void remove(SharedDatabase& database, Reference::Kind kind, bool wait);
  static void closeAtExit();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Entry> entries_;
  uint32_t lastHandleId_ = kWritable;
  std::atomic<void (*)()> exitHook_{nullptr};
};

}  // namespace shale

#include "database/registry.h"

#include <rocksdb/env.h>

#include <climits>
#include <cstdlib>

#include "core/directories.h"
#include "core/errors.h"
#include "core/executor.h"

namespace shale {

namespace {

// RocksDB has some of its statics from its first opening of any database on.
void makeStatics() {
  const std::unique_ptr<rocksdb::Env> memory(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  rocksdb::Options options;
  options.env = memory.get();
  options.create_if_missing = true;
  rocksdb::DB* database = nullptr;
  // Nobody looks into it.
  rocksdb::DB::Open(options, "/shale", &database).PermitUncheckedError();
  const std::unique_ptr<rocksdb::DB> closed(database);
}

}  // namespace

Reference& Reference::operator=(Reference&& other) noexcept {
  if (this != &other) {
    drop();
    database_ = std::exchange(other.database_, nullptr);
    kind_ = other.kind_;
  }
  return *this;
}

void Reference::drop() {
  if (database_ != nullptr) Registry::instance().remove(*std::exchange(database_, nullptr), kind_, false);
}

void Reference::dropAndWait() {
  if (database_ != nullptr) Registry::instance().remove(*std::exchange(database_, nullptr), kind_, true);
}

Reference Reference::forCall() const {
  Registry::instance().addCall(*database_);
  return Reference(database_, Kind::kCall);
}

Registry& Registry::instance() {
  static Registry* registry = new Registry();
  return *registry;
}

Registry::Entry& Registry::entryOf(const SharedDatabase& database) {
  return entries_.find(Key(database.path(), database.handleId()))->second;
}

Reference Registry::open(const std::string& path, bool readOnly, bool createIfMissing, const Settings& settings) {
  if (createIfMissing && !readOnly) createDirectory(path, settings.ownerOnly());
  const std::string real = realPath(path);

  std::unique_lock<std::mutex> lock(mutex_);
  const Key key(real, readOnly ? ++lastHandleId_ : kWritable);
  for (;;) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) break;
    Entry& entry = found->second;
    if (entry.state == State::kOpen) {
      const std::string difference = entry.database->settings().differenceFrom(settings);
      if (!difference.empty()) {
        const std::string message = "The database is open in this process with another " + difference + ": ";
        throw DatabaseError{"ROCKSDB_OPTIONS_MISMATCH", message + key.first, key.first};
      }
      entry.references++;
      entry.leases++;
      entry.database->goOn();
      changed_.notify_all();
      return Reference(entry.database.get(), Reference::Kind::kLease);
    }
    changed_.wait(lock);
  }

  entries_.emplace(key, Entry());
  lock.unlock();
  std::unique_ptr<SharedDatabase> database;
  try {
    database = std::make_unique<SharedDatabase>(key.first, key.second, createIfMissing, settings);
  } catch (...) {
    lock.lock();
    entries_.erase(key);
    changed_.notify_all();
    throw;
  }
  lock.lock();
  Entry& entry = entries_.find(key)->second;
  entry.database = std::move(database);
  entry.state = State::kOpen;
  entry.references = 1;
  entry.leases = 1;
  changed_.notify_all();
  return Reference(entry.database.get(), Reference::Kind::kLease);
}

Reference Registry::join(const std::string& path, uint32_t handleId) {
  const Key key(realPath(path), handleId);
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.state != State::kOpen || found->second.leases == 0) {
    const std::string which = handleId == kWritable ? "" : " as handle " + std::to_string(handleId);
    throw DatabaseError{"ROCKSDB_CLOSED", "The database is not open in this process" + which + ": " + key.first, key.first};
  }
  Entry& entry = found->second;
  entry.references++;
  entry.leases++;
  return Reference(entry.database.get(), Reference::Kind::kLease);
}

void Registry::addCall(SharedDatabase& database) {
  std::lock_guard<std::mutex> lock(mutex_);
  entryOf(database).references++;
}

void Registry::remove(SharedDatabase& database, Reference::Kind kind, bool wait) {
  const Key key(database.path(), database.handleId());
  const SharedDatabase* identity = &database;
  std::unique_lock<std::mutex> lock(mutex_);
  Entry& entry = entries_.find(key)->second;
  const bool lastLease = kind == Reference::Kind::kLease && --entry.leases == 0;
  if (lastLease) database.cancel();
  if (--entry.references > 0) {
    if (!(wait && lastLease)) return;
    changed_.wait(lock, [&] {
      const auto found = entries_.find(key);
      return found == entries_.end() || found->second.database.get() != identity || found->second.leases > 0;
    });
    return;
  }
  entry.state = State::kClosing;
  lock.unlock();
  entry.database->closeNow();
  lock.lock();
  entries_.erase(key);  // with the memory of the database, so that no other can have its address before
  changed_.notify_all();
}

void Registry::handleExit() {
  static std::once_flag once;
  std::call_once(once, [] {
    makeStatics();
    std::atexit(&Registry::closeAtExit);
  });
}

void Registry::closeAtExit() {
  // Every JavaScript thread has ended by now. What may still run are jobs of the executor and RocksDB's own threads.
  Registry& registry = instance();
  if (const auto hook = registry.exitHook_.load()) hook();
  {
    std::lock_guard<std::mutex> lock(registry.mutex_);
    for (auto& item : registry.entries_) {
      if (item.second.state != State::kOpen) continue;
      item.second.database->cancel();
      item.second.database->cancelBackgroundWork();
    }
  }
  Executor::drainAll();
  // No lease that is left (the main thread's, after process.exit()) can be used any more.
  std::lock_guard<std::mutex> lock(registry.mutex_);
  for (auto& item : registry.entries_) {
    if (item.second.state != State::kOpen) continue;
    item.second.state = State::kClosing;
    item.second.database->closeNow();
  }
}

}  // namespace shale

#include "database/write_pace.h"

#include <algorithm>
#include <limits>
#include <map>

#include "core/json.h"

namespace shale {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

// What is written a second where level 0 begins to slow writes down, and where they stop but for it.
constexpr double kFastest = 128.0 * (1 << 20);
constexpr double kSlowest = 1 << 20;
constexpr milliseconds kLongestTurn(1000);
// For less no thread is put to sleep: it waits with what it writes next.
constexpr milliseconds kShortestTurn(1);
// A flush that takes longer than expected is expected to take this share of it from then on.
constexpr double kLeastLeft = 0.1;
// One that takes so many times as long as expected is held up by something: it may take as long again as it has since.
constexpr double kHeldUp = 2;
// As RocksDB does: it slows down before the last memtable, if there are more than these.
constexpr int kFewMemtables = 3;

// How long writes have waited since it was opened because RocksDB held them up. What it tells listeners of a stop it tells when
// that is over, and of its end at once.
std::chrono::microseconds stoppedIn(rocksdb::DB& db) {
  std::map<std::string, std::string> stats;
  if (!db.GetMapProperty(rocksdb::DB::Properties::kDBStats, &stats)) return {};
  const auto micros = stats.find("db.user_write_stall_micros");
  return std::chrono::microseconds(micros == stats.end() ? 0 : std::stoll(micros->second));
}

double seconds(std::chrono::steady_clock::duration time) { return duration_cast<duration<double>>(time).count(); }

}  // namespace

WritePace::WritePace(const Settings& settings)
    : memtable_(static_cast<double>(settings.writeBufferSize)),
      most_(settings.maxWriteBufferNumber > kFewMemtables ? settings.maxWriteBufferNumber - 1 : settings.maxWriteBufferNumber),
      slowdown_(static_cast<uint64_t>(
          std::max(settings.level0FileNumCompactionTrigger, settings.level0SlowdownWritesTrigger))),
      stop_(std::max(slowdown_, static_cast<uint64_t>(settings.level0StopWritesTrigger))) {}

void WritePace::OnMemTableSealed(const rocksdb::MemTableInfo&) {
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_++;
  sealedAt_ = written_;
}

void WritePace::OnFlushBegin(rocksdb::DB* db, const rocksdb::FlushJobInfo&) {
  // Of several at a time it is not known when they end. This one counts already.
  uint64_t running = 0;
  const bool isAlone = db->GetIntProperty(rocksdb::DB::Properties::kNumRunningFlushes, &running) && running <= 1;
  const std::lock_guard<std::mutex> lock(mutex_);
  isAlone_ = isAlone;
  flushBegan_ = Clock::now();
  flushBytes_ = sealedAt_ - std::min(sealedAt_, flushedUpTo_);
  flushedUpTo_ = sealedAt_;
  flushing_ = isAlone && flushSpeed_ > 0;
}

void WritePace::OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo&) {
  uint64_t waiting = 0;
  if (!db->GetIntProperty(rocksdb::DB::Properties::kNumImmutableMemTable, &waiting)) waiting = 0;
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_ = static_cast<double>(waiting);
  flushing_ = false;
  // A small one tells how long a sync takes, and not how much is written a second.
  if (isAlone_ && static_cast<double>(flushBytes_) >= memtable_) {
    const double speed = static_cast<double>(flushBytes_) / std::max(1e-6, seconds(Clock::now() - flushBegan_));
    flushSpeed_ = flushSpeed_ == 0 ? speed : (flushSpeed_ + speed) / 2;
  }
  letGo();
}

void WritePace::OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) {
  using Condition = rocksdb::WriteStallCondition;
  if (info.condition.prev != Condition::kNormal || info.condition.cur == Condition::kNormal) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_.count++;
}

void WritePace::await(uint64_t bytes) {
  written_ += bytes;
  if (!flushing_ && level0_ < slowdown_) return;
  std::unique_lock<std::mutex> lock(mutex_);
  const Clock::time_point now = Clock::now();
  const double byMemory = memoryRate(now);
  const double byLevel0 = level0Rate();
  const double rate = std::min(byMemory, byLevel0);
  if (rate == std::numeric_limits<double>::infinity()) return;
  const auto turn = duration_cast<Clock::duration>(duration<double>(std::min(1.0, static_cast<double>(bytes) / rate)));
  nextTurn_ = std::min(std::max(now, nextTurn_) + turn, now + kLongestTurn);
  const Clock::time_point mine = nextTurn_;
  if (mine - now < kShortestTurn) return;
  Waits& waits = byMemory < byLevel0 ? memory_ : level0Waits_;
  const uint64_t before = epoch_;
  changed_.wait_until(lock, mine, [&] { return epoch_ != before; });
  waits.count++;
  waits.time += Clock::now() - now;
}

// The room that is left is spread over the time that the flush still takes. Beside one that is held up, writes go on a little
// at a time, where they would stop for the rest of it once RocksDB had no memtable left.
double WritePace::memoryRate(Clock::time_point now) const {
  if (!flushing_) return std::numeric_limits<double>::infinity();
  const double filled = static_cast<double>(written_ - sealedAt_);
  const double room = std::max(memtable_ / 16, (most_ - waiting_) * memtable_ - filled);
  const double takes = static_cast<double>(flushBytes_) / flushSpeed_;
  const double elapsed = seconds(now - flushBegan_);
  return room / (std::max(takes - elapsed, takes * kLeastLeft) + std::max(0.0, elapsed - takes * kHeldUp));
}

double WritePace::level0Rate() const {
  const uint64_t files = level0_;
  if (files < slowdown_) return std::numeric_limits<double>::infinity();
  const double share =
      stop_ == slowdown_ ? 1 : std::min(1.0, static_cast<double>(files - slowdown_) / static_cast<double>(stop_ - slowdown_));
  return kSlowest + (kFastest - kSlowest) * (1 - share);
}

void WritePace::level0Has(uint64_t files) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (files < level0_) letGo();
  level0_ = files;
}

void WritePace::forget() {
  const std::lock_guard<std::mutex> lock(mutex_);
  level0_ = 0;
  waiting_ = 0;
  sealedAt_ = flushedUpTo_ = written_;
  flushing_ = false;
  letGo();
}

void WritePace::ends(rocksdb::DB& db) {
  const Clock::duration time = stoppedIn(db);
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_.time += time;
}

void WritePace::letGo() {
  epoch_++;
  nextTurn_ = Clock::time_point();
  changed_.notify_all();
}

std::string WritePace::json(rocksdb::DB& db) const {
  const Clock::duration time = stoppedIn(db);
  const std::lock_guard<std::mutex> lock(mutex_);
  const Waits stopped{stopped_.count, stopped_.time + time};
  Json json;
  json.open('{');
  const auto add = [&](const char* cause, const Waits& waits) {
    json.key(cause).open('{').key("count").number(waits.count);
    json.key("ms").number(static_cast<uint64_t>(duration_cast<milliseconds>(waits.time).count())).close('}');
  };
  add("memory", memory_);
  add("level0", level0Waits_);
  add("stopped", stopped);
  return json.close('}').text();
}

}  // namespace shale

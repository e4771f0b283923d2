#include "recovery/watermark.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/crc32c.h"
#include "core/errors.h"
#include "core/format.h"
#include "core/input_file.h"
#include "core/regular_file.h"

namespace shale {

namespace {

// magic[8] · version u32 · 0 u32 · generation u64 · synced u64 · written u64 · opened u64 · manifest u64 · boot id[36]
// · checksum u32 of what is before it; little-endian. Behind it, written only when a database is opened: writer u64 ·
// identity of the database[36] · checksum u32 of these two. In every version magic, version and the first checksum are
// where they are.
constexpr char kMagic[9] = "SHALEWMK";
constexpr uint32_t kFileVersion = 1;
constexpr size_t kBootIdAt = 56;
constexpr size_t kBootIdLength = 36;
constexpr size_t kChecksumAt = kBootIdAt + kBootIdLength;
constexpr size_t kStateLength = kChecksumAt + 4;
constexpr size_t kIdentityAt = kStateLength + 8;
constexpr size_t kIdentityLength = 36;
constexpr size_t kOpeningChecksumAt = kIdentityAt + kIdentityLength;
constexpr size_t kPlaceLength = kOpeningChecksumAt + 4;
constexpr size_t kPlaceStride = 4096;
constexpr int64_t kSyncMs = 1000;

std::string pathOf(const std::string& directory) { return directory + "/WATERMARK"; }

int64_t nowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void encode(const WatermarkState& state, uint64_t generation, uint8_t* out) {
  std::memset(out, 0, kStateLength);
  std::memcpy(out, kMagic, 8);
  storeU32LE(out + 8, kFileVersion);
  storeU64LE(out + 16, generation);
  storeU64LE(out + 24, state.synced);
  storeU64LE(out + 32, state.written);
  storeU64LE(out + 40, state.opened);
  storeU64LE(out + 48, state.manifest);
  std::memcpy(out + kBootIdAt, state.bootId.data(), std::min(state.bootId.size(), kBootIdLength));
  storeU32LE(out + kChecksumAt, crc32c(out, kChecksumAt));
}

void encodeOpening(const WatermarkState& state, uint8_t* out) {
  std::memset(out + kStateLength, 0, kPlaceLength - kStateLength);
  storeU64LE(out + kStateLength, state.writer);
  std::memcpy(out + kIdentityAt, state.database.data(), std::min(state.database.size(), kIdentityLength));
  storeU32LE(out + kOpeningChecksumAt, crc32c(out + kStateLength, kOpeningChecksumAt - kStateLength));
}

void decodeOpening(const uint8_t* in, WatermarkState* state) {
  if (loadU32LE(in + kOpeningChecksumAt) != crc32c(in + kStateLength, kOpeningChecksumAt - kStateLength)) return;
  state->writer = loadU64LE(in + kStateLength);
  const char* identity = reinterpret_cast<const char*>(in + kIdentityAt);
  state->database.assign(identity, strnlen(identity, kIdentityLength));
}

// The version that a place is of; 0 when it is damaged.
uint32_t versionOf(const uint8_t* in) {
  const bool whole = std::memcmp(in, kMagic, 8) == 0 && loadU32LE(in + kChecksumAt) == crc32c(in, kChecksumAt);
  return whole ? loadU32LE(in + 8) : 0;
}

[[noreturn]] void throwLater(const std::string& path, uint32_t version) {
  throw DatabaseError{"ROCKSDB_NOT_SUPPORTED",
                      path + " has version " + std::to_string(version) + ", and this version of Shale knows version " +
                          std::to_string(kFileVersion) +
                          " of it: a later version of Shale has written the log. Nothing was changed. Use that one",
                      path};
}

bool decode(const uint8_t* in, WatermarkState* state, uint64_t* generation) {
  if (versionOf(in) != kFileVersion) return false;
  *generation = loadU64LE(in + 16);
  state->synced = loadU64LE(in + 24);
  state->written = loadU64LE(in + 32);
  state->opened = loadU64LE(in + 40);
  state->manifest = loadU64LE(in + 48);
  const char* id = reinterpret_cast<const char*>(in + kBootIdAt);
  state->bootId.assign(id, strnlen(id, kBootIdLength));
  return true;
}

WatermarkFound readPlaces(const std::string& directory, WatermarkState* state, uint64_t* generation) {
  try {
    const InputFile file(pathOf(directory));
    bool found = false;
    int whole = 0;
    bool blank = true;  // as it is between being made and being written for the first time
    for (int place = 0; place < 2; place++) {
      uint8_t bytes[kPlaceLength] = {};
      WatermarkState candidate;
      uint64_t ofCandidate = 0;
      const size_t got = file.read(place * kPlaceStride, bytes, sizeof(bytes));
      blank = blank && std::all_of(bytes, bytes + got, [](uint8_t byte) { return byte == 0; });
      if (got < kStateLength) continue;
      if (versionOf(bytes) > kFileVersion) throwLater(pathOf(directory), versionOf(bytes));
      if (!decode(bytes, &candidate, &ofCandidate)) continue;
      whole++;
      if (found && ofCandidate <= *generation) continue;
      if (got == sizeof(bytes)) decodeOpening(bytes, &candidate);
      *state = candidate;
      *generation = ofCandidate;
      found = true;
    }
    // The first time one place is written before the other.
    state->alone = whole == 1 && *generation > 1;
    if (found) return WatermarkFound::kValid;
    return blank ? WatermarkFound::kMissing : WatermarkFound::kDamaged;
  } catch (const DatabaseError& error) {
    if (error.code == "ROCKSDB_NOT_FOUND") return WatermarkFound::kMissing;
    throw;
  }
}

int writeAll(int file, const void* data, size_t size, off_t at) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t done = ::pwrite(file, from, size, at);
    if (done > 0) {
      from += done;
      at += done;
      size -= static_cast<size_t>(done);
    } else if (done < 0 && errno != EINTR) {
      return errno;
    } else if (done == 0) {
      return EIO;
    }
  }
  return 0;
}

int syncFile(int file) {
  for (;;) {
#ifdef __APPLE__
    if (::fsync(file) == 0) return 0;
#else
    if (::fdatasync(file) == 0) return 0;
#endif
    if (errno != EINTR) return errno;
  }
}

void syncDirectory(const std::string& directory) {
  const int error = syncFile(Descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (error != 0 && error != EINVAL) throwSystemError("Cannot sync", directory, error);
}

}  // namespace

const std::string& bootId() {
  static const std::string id = [] {
    try {
      std::string text = readSmallFile("/proc/sys/kernel/random/boot_id", 64);
      return text.substr(0, std::min(text.find('\n'), kBootIdLength));
    } catch (const DatabaseError&) {
      return std::string();
    }
  }();
  return id;
}

uint64_t WatermarkState::promised() const {
  const bool sameKernel = !bootId.empty() && bootId == shale::bootId();
  return sameKernel ? std::max(written, synced) : synced;
}

std::string databaseIdentity(const std::string& directory) {
  try {
    std::string text = readSmallFile(directory + "/IDENTITY", 64);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const bool good = text.size() == kIdentityLength &&
                      text.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
    return good ? text : std::string();
  } catch (const DatabaseError&) {
    // It is missing, or was being written when the power failed: RocksDB makes another one.
    return std::string();
  }
}

WatermarkFound readWatermark(const std::string& directory, WatermarkState* state) {
  uint64_t generation = 0;
  const WatermarkFound found = readPlaces(directory, state, &generation);
  if (found != WatermarkFound::kValid || state->database.empty()) return found;
  const std::string identity = databaseIdentity(directory);
  return identity.empty() || identity == state->database ? found : WatermarkFound::kOther;
}

Watermark::Watermark(int file, std::string path, const WatermarkState& state)
    : file_(file), path_(std::move(path)), state_(state), generation_(0), syncedAt_(nowMs()) {}

Watermark::~Watermark() { ::close(file_); }

std::shared_ptr<Watermark> Watermark::start(const std::string& directory, const WatermarkState& state, bool ownerOnly) {
  WatermarkState before;
  uint64_t generation = 0;
  const bool create = readPlaces(directory, &before, &generation) != WatermarkFound::kValid;
  const std::string path = pathOf(directory);
  const int file = openRegular(path, O_RDWR | O_CREAT, ownerOnly ? 0600 : 0666);
  const auto noRoom = [](int error) { return error == ENOSPC || error == EDQUOT; };
  if (file < 0) {
    if (noRoom(errno)) return nullptr;
    throwSystemError("Cannot open", path, errno);
  }
  std::shared_ptr<Watermark> watermark(new Watermark(file, path, state));
  watermark->generation_ = generation;
  int error = 0;
  if (create) {
    // Both places with real zeros, so that no later write has to ask the disk for room.
    const std::string zeros(2 * kPlaceStride, '\0');
    error = writeAll(file, zeros.data(), zeros.size(), 0);
    if (error != 0 && noRoom(error)) {
      ::unlink(path.c_str());
      return nullptr;
    }
  }
  // Both places, one after the other, for later writes leave alone what is behind the state.
  for (int place = 0; place < 2 && error == 0; place++) {
    std::lock_guard<std::mutex> lock(watermark->mutex_);
    watermark->generation_++;
    uint8_t bytes[kPlaceLength];
    encode(watermark->state_, watermark->generation_, bytes);
    encodeOpening(watermark->state_, bytes);
    error = writeAll(file, bytes, sizeof(bytes), static_cast<off_t>((watermark->generation_ & 1) * kPlaceStride));
    if (error != 0 && noRoom(error)) return watermark;  // it stays behind
    if (error == 0) error = syncFile(file);
  }
  if (error != 0) throwSystemError("Cannot write", path, error);
  if (create) syncDirectory(directory);
  return watermark;
}

void Watermark::failed(const char* what, int error) {
  reason_ = std::string(what) + " " + path_ + ": " + std::generic_category().message(error);
}

bool Watermark::advance(uint64_t sequence, bool synced) {
  std::lock_guard<std::mutex> lock(mutex_);
  // Another thread's write that came later may have been here before.
  if (sequence <= state_.written && (!synced || sequence <= state_.synced)) return true;
  state_.written = std::max(state_.written, sequence);
  if (synced) state_.synced = std::max(state_.synced, sequence);
  generation_++;
  uint8_t bytes[kStateLength];
  encode(state_, generation_, bytes);
  const int error = writeAll(file_, bytes, sizeof(bytes), static_cast<off_t>((generation_ & 1) * kPlaceStride));
  if (error == 0 || error == ENOSPC || error == EDQUOT) {
    dirty_.store(true, std::memory_order_relaxed);
    return true;
  }
  failed("Cannot write", error);
  return false;
}

bool Watermark::syncDue() {
  if (!dirty_.load(std::memory_order_relaxed)) return false;
  if (nowMs() - syncedAt_.load(std::memory_order_relaxed) < kSyncMs) return false;
  return !syncing_.exchange(true);
}

bool Watermark::sync() {
  syncedAt_.store(nowMs(), std::memory_order_relaxed);
  const bool moved = dirty_.exchange(false);
  const int error = moved ? syncFile(file_) : 0;
  syncing_.store(false);
  if (error == 0) return true;
  std::lock_guard<std::mutex> lock(mutex_);
  failed("Cannot sync", error);
  return false;
}

std::string Watermark::reason() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return reason_;
}

}  // namespace shale

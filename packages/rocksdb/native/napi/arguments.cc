#include "napi/arguments.h"

#include <cmath>
#include <utility>

#include "core/errors.h"
#include "napi/environment.h"
#include "napi/napi_support.h"

namespace shale {

namespace {

// Mark our objects, so that another's can never be taken for them.
constexpr napi_type_tag kLeaseTag = {0x5ba1e00d8c1f4a37, 0x9e0b1c2d3f405162};
constexpr napi_type_tag kSnapshotTag = {0x5ba1e00d8c1f4a38, 0xb7c6d5e4f3021120};

void* unwrap(napi_env env, napi_value value, const napi_type_tag& tag, const char* name, const char* expectation) {
  napi_valuetype type;
  check(napi_typeof(env, value, &type));
  bool ours = false;
  if (type == napi_object) check(napi_check_object_type_tag(env, value, &tag, &ours));
  void* data = nullptr;
  if (!ours || napi_unwrap(env, value, &data) != napi_ok) throwTypeError(name, expectation);
  return data;
}

struct LeaseBox {
  std::shared_ptr<Lease> lease;
};

struct SnapshotBox {
  std::shared_ptr<Lease> lease;  // declared first: the hold goes before it
  SnapshotHold hold;
};

}  // namespace

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = kMost;
  check(napi_get_cb_info(env, info, &count, values_, nullptr, nullptr));  // what is missing becomes undefined
}

Lease& Arguments::leaseMaybeClosed(size_t index) const {
  return *static_cast<LeaseBox*>(unwrap(env_, values_[index], kLeaseTag, "database", "a database handle"))->lease;
}

Lease& Arguments::lease(size_t index) const {
  Lease& lease = leaseMaybeClosed(index);
  lease.database();
  return lease;
}

SnapshotHold& Arguments::snapshotHold(size_t index) const {
  return static_cast<SnapshotBox*>(unwrap(env_, values_[index], kSnapshotTag, "snapshot", "a Snapshot"))->hold;
}

rocksdb::ReadOptions Arguments::readOptions(size_t snapshot, const DatabaseGuard& guard) const {
  rocksdb::ReadOptions options;
  if (isUndefined(snapshot)) return options;
  const SnapshotHold& hold = snapshotHold(snapshot);
  if (hold.lease == nullptr) throwTypeError("snapshot", "a Snapshot that has not been released");
  if (hold.lease != &lease(0)) throwTypeError("snapshot", "a Snapshot of the same Database");
  if (hold.opening != guard.opening()) {
    const char* why = "The snapshot ended when the database was opened again after a full disk";
    throw DatabaseError{"ROCKSDB_EXPIRED", why, guard.path()};
  }
  options.snapshot = hold.snapshot;
  return options;
}

bool Arguments::isUndefined(size_t index) const {
  napi_valuetype type;
  check(napi_typeof(env_, values_[index], &type));
  return type == napi_undefined;
}

bool Arguments::boolean(size_t index, const char* name) const {
  bool result = false;
  if (napi_get_value_bool(env_, values_[index], &result) != napi_ok) throwTypeError(name, "a boolean");
  return result;
}

uint32_t Arguments::integer(size_t index, const char* name, uint32_t smallest, uint32_t largest) const {
  double number = 0;
  if (napi_get_value_double(env_, values_[index], &number) != napi_ok) throwTypeError(name, "a number");
  if (!(number >= smallest && number <= largest) || number != std::floor(number)) {
    throwRangeError(name, "an integer from " + std::to_string(smallest) + " to " + std::to_string(largest));
  }
  return static_cast<uint32_t>(number);
}

uint64_t Arguments::bigint(size_t index, const char* name) const {
  napi_valuetype type;
  check(napi_typeof(env_, values_[index], &type));
  if (type != napi_bigint) throwTypeError(name, "a bigint");
  uint64_t result = 0;
  bool lossless = false;
  check(napi_get_value_bigint_uint64(env_, values_[index], &result, &lossless));
  if (!lossless) throwRangeError(name, "from 0 to 2^64 - 1");
  return result;
}

std::string Arguments::string(size_t index, const char* name) const {
  size_t length = 0;
  if (napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &length) != napi_ok) throwTypeError(name, "a string");
  std::string result(length, '\0');
  check(napi_get_value_string_utf8(env_, values_[index], result.data(), length + 1, &length));
  if (result.find('\0') != std::string::npos) throwRangeError(name, "a string without null characters");
  return result;
}

Bytes Arguments::bytes(size_t index, const char* name) const { return bytes(values_[index], name); }

Bytes Arguments::bytes(napi_value value, const char* name) const {
  bool isTypedArray = false;
  check(napi_is_typedarray(env_, value, &isTypedArray));
  if (!isTypedArray) throwTypeError(name, "a Uint8Array");
  napi_typedarray_type type;
  size_t size = 0;
  void* data = nullptr;
  napi_value buffer;
  check(napi_get_typedarray_info(env_, value, &type, &size, &data, &buffer, nullptr));
  if (type != napi_uint8_array) throwTypeError(name, "a Uint8Array");
  // A SharedArrayBuffer is not an ArrayBuffer here. Another thread could change it between a check and the use.
  bool isArrayBuffer = false;
  check(napi_is_arraybuffer(env_, buffer, &isArrayBuffer));
  if (!isArrayBuffer) throwTypeError(name, "a Uint8Array that is not over a SharedArrayBuffer");
  if (size == 0) {
    bool detached = false;
    check(napi_is_detached_arraybuffer(env_, buffer, &detached));
    if (detached) throwTypeError(name, "a Uint8Array that is not detached");
    static uint8_t nothing;
    return Bytes{&nothing, 0};
  }
  return Bytes{static_cast<uint8_t*>(data), size};
}

Bytes Arguments::target(size_t index, const char* name) const {
  bool isArrayBuffer = false;
  check(napi_is_arraybuffer(env_, values_[index], &isArrayBuffer));
  if (!isArrayBuffer) return bytes(index, name);
  void* data = nullptr;
  size_t size = 0;
  check(napi_get_arraybuffer_info(env_, values_[index], &data, &size));
  if (size == 0) {
    bool detached = false;
    check(napi_is_detached_arraybuffer(env_, values_[index], &detached));
    if (detached) throwTypeError(name, "an ArrayBuffer that is not detached");
  }
  return Bytes{static_cast<uint8_t*>(data), size};
}

KeyRange keyRange(const Arguments& arguments, size_t lowerIndex) {
  const KeyRange range{arguments.bytes(lowerIndex, "lower").slice(), arguments.bytes(lowerIndex + 1, "upper").slice()};
  if (range.lower.compare(range.upper) > 0) throwRangeError("upper", "not below lower");
  return range;
}

napi_value wrapLease(napi_env env, std::unique_ptr<Lease> owned) {
  napi_value object = makeObject(env);
  check(napi_type_tag_object(env, object, &kLeaseTag));
  auto box = std::make_unique<LeaseBox>(LeaseBox{std::shared_ptr<Lease>(std::move(owned))});
  Environment::of(env).add(box->lease);
  Lease* lease = box->lease.get();
  const napi_status status = napi_wrap(
      env, object, box.get(),
      [](napi_env finalizing, void* data, void*) {
        std::unique_ptr<LeaseBox> collected(static_cast<LeaseBox*>(data));
        collected->lease->release(Lease::Closing::kElsewhere);
        if (collected->lease->orphaned) return;  // the environment's data may be gone already
        try {
          Environment::of(finalizing).remove(collected->lease.get());
        } catch (...) {
          // Not reached: the data of a live environment can always be had.
        }
      },
      nullptr, nullptr);
  if (status != napi_ok) {
    Environment::of(env).remove(lease);
    throw PendingException{};
  }
  box.release();
  return object;
}

napi_value wrapSnapshot(napi_env env, Lease& lease) {
  napi_value object = makeObject(env);
  check(napi_type_tag_object(env, object, &kSnapshotTag));
  auto box = std::make_unique<SnapshotBox>();
  box->lease = Environment::of(env).shared(&lease);
  lease.takeSnapshot(&box->hold);
  check(napi_wrap(
      env, object, box.get(), [](napi_env, void* data, void*) { delete static_cast<SnapshotBox*>(data); }, nullptr,
      nullptr));
  box.release();
  return object;
}

}  // namespace shale

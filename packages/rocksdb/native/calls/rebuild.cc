// Databases made out of the files of a directory.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "calls/calls.h"
#include "core/format.h"
#include "napi/entry.h"
#include "napi/operation.h"
#include "recovery/directory_repair.h"
#include "recovery/gathered_files.h"
#include "recovery/manifest.h"
#include "recovery/stored_deletions.h"

namespace shale {

namespace {

// copyManifestWithout(path, number, files, target): Promise<void>. `files` are the numbers of table files, u64 LE each.
napi_value copyManifestWithout(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  const uint64_t number = arguments.bigint(1, "number");
  const Bytes files = arguments.bytes(2, "files");
  const std::string target = arguments.string(3, "target");
  std::set<uint64_t> numbers;
  for (size_t at = 0; at + 8 <= files.size; at += 8) numbers.insert(loadU64LE(files.data + at));
  return startOperation(arguments.env(), path, Duration::kLengthy, [=]() -> Finish {
    shale::copyManifestWithout(path, number, numbers, target);
    return finishWithUndefined();
  });
}

// repairDirectory(path): Promise<string[]>. Changes the directory; resolves with what RocksDB logged.
napi_value repairDirectory(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    const std::vector<std::string> lines = shale::repairDirectory(path);
    return [lines](napi_env env) {
      return makeArray(env, lines, [env](const std::string& line) { return makeString(env, line); });
    };
  });
}

// gatherTableFiles(path, deletions, hasBlobs): Promise<{ first, last, count, message }[]>. Makes a database of the
// table files of a directory; resolves with the records that it leaves out. `deletions`, packed, are those of all
// files.
napi_value gatherTableFiles(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  const auto deletions = std::make_shared<std::vector<RangeDeletion>>(
      unpackRangeDeletions(arguments.bytes(1, "deletions").view(), "deletions"));
  const bool hasBlobs = arguments.boolean(2, "hasBlobs");
  return startOperation(arguments.env(), path, Duration::kLengthy, [=]() -> Finish {
    const auto lost =
        std::make_shared<std::vector<LostValues>>(shale::gatherTableFiles(path, *deletions, hasBlobs));
    return [lost](napi_env env) {
      return makeArray(env, *lost, [env](const LostValues& values) {
        napi_value item = makeObject(env);
        setBytes(env, item, "first", values.first);
        setBytes(env, item, "last", values.last);
        setNumber(env, item, "count", values.count);
        setProperty(env, item, "message", makeString(env, values.message));
        return item;
      });
    };
  });
}

}  // namespace

void exportRebuild(napi_env env, napi_value exports) {
  exportFunction<copyManifestWithout>(env, exports, "copyManifestWithout");
  exportFunction<repairDirectory>(env, exports, "repairDirectory");
  exportFunction<gatherTableFiles>(env, exports, "gatherTableFiles");
}

}  // namespace shale

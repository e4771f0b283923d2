// Backups: made, listed, removed, restored.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "calls/calls.h"
#include "database/backups.h"
#include "napi/entry.h"
#include "napi/operation.h"

namespace shale {

namespace {

napi_value toValue(napi_env env, const rocksdb::BackupInfo& info) {
  napi_value result = makeObject(env);
  setProperty(env, result, "id", makeNumber(env, info.backup_id));
  setNumber(env, result, "seconds", info.timestamp);
  setNumber(env, result, "size", info.size);
  setProperty(env, result, "metadata", makeString(env, info.app_metadata));
  setProperty(env, result, "files", makeArray(env, info.file_details, [env](const rocksdb::BackupFileInfo& file) {
    napi_value item = makeObject(env);
    setProperty(env, item, "name", makeString(env, file.relative_filename));
    setNumber(env, item, "size", file.size);
    return item;
  }));
  return result;
}

Finish finishWith(rocksdb::BackupInfo info) {
  auto held = std::make_shared<rocksdb::BackupInfo>(std::move(info));
  return [held](napi_env env) { return toValue(env, *held); };
}

// createBackup(handle, directory, metadata, keep): Promise<info>. keep: how many backups with this metadata to keep, 0
// for all.
napi_value createBackup(const Arguments& arguments) {
  auto reference = std::make_shared<Reference>(arguments.lease(0).forCall());
  const std::string directory = arguments.string(1, "directory");
  const std::string metadata = arguments.string(2, "metadata");
  const uint32_t keep = arguments.integer(3, "keep", 0, UINT32_MAX);
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    return finishWith(shale::createBackup(*reference, directory, metadata, keep));
  });
}

// removeBackup(directory, id, seconds, metadata): Promise<void>. Both undefined: one that RocksDB finds damaged.
napi_value removeBackup(const Arguments& arguments) {
  const std::string directory = arguments.string(0, "directory");
  const uint32_t id = arguments.integer(1, "id", 1, UINT32_MAX);
  std::optional<BackupMark> mark;
  if (!arguments.isUndefined(2)) {
    const uint32_t seconds = arguments.integer(2, "seconds", 0, UINT32_MAX);
    mark = BackupMark{seconds, arguments.string(3, "metadata")};
  }
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    shale::removeBackup(directory, id, mark);
    return finishWithUndefined();
  });
}

// listBackups(directory): Promise<{ backups: info[], damaged: id[] }>
napi_value listBackups(const Arguments& arguments) {
  const std::string directory = arguments.string(0, "directory");
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    const auto list = std::make_shared<BackupList>(shale::listBackups(directory));
    return [list](napi_env env) {
      napi_value result = makeObject(env);
      setProperty(env, result, "backups",
                  makeArray(env, list->infos, [env](const rocksdb::BackupInfo& info) { return toValue(env, info); }));
      setProperty(env, result, "damaged",
                  makeArray(env, list->damaged, [env](rocksdb::BackupID id) { return makeNumber(env, id); }));
      return result;
    };
  });
}

// restoreBackup(directory, id, target): Promise<info>
napi_value restoreBackup(const Arguments& arguments) {
  const std::string directory = arguments.string(0, "directory");
  const uint32_t id = arguments.integer(1, "id", 1, UINT32_MAX);
  const std::string target = arguments.string(2, "target");
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    return finishWith(shale::restoreBackup(directory, id, target));
  });
}

}  // namespace

void exportBackup(napi_env env, napi_value exports) {
  exportFunction<createBackup>(env, exports, "createBackup");
  exportFunction<listBackups>(env, exports, "listBackups");
  exportFunction<removeBackup>(env, exports, "removeBackup");
  exportFunction<restoreBackup>(env, exports, "restoreBackup");
}

}  // namespace shale

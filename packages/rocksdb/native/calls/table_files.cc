// Single table files, without their database: they may be damaged.
#include <memory>
#include <string>
#include <vector>

#include "calls/calls.h"
#include "napi/entry.h"
#include "napi/operation.h"
#include "recovery/stored_deletions.h"
#include "recovery/table_file_check.h"
#include "recovery/table_file_rewrite.h"

namespace shale {

namespace {

// checkTableFile(path): Promise<{ opens, message | null, entries, deletions, rangeDeletions }>. Reads every block.
napi_value checkTableFile(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    const TableFileCheck found = shale::checkTableFile(path);
    return [found](napi_env env) {
      napi_value result = makeObject(env);
      setProperty(env, result, "opens", makeBoolean(env, found.opens));
      setProperty(env, result, "message", found.message.empty() ? makeNull(env) : makeString(env, found.message));
      setNumber(env, result, "entries", found.entries);
      setNumber(env, result, "deletions", found.deletions);
      setNumber(env, result, "rangeDeletions", found.rangeDeletions);
      return result;
    };
  });
}

// tableFileDeletions(path): Promise<Uint8Array | null>: packed; null when the format of the file is not known here.
napi_value tableFileDeletions(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    std::vector<RangeDeletion> deletions;
    const bool known = readRangeDeletions(path, &deletions);
    auto packed = std::make_shared<std::string>();
    for (const RangeDeletion& deletion : deletions) packRangeDeletion(deletion, packed.get());
    return [=](napi_env env) { return known ? makeBytes(env, packed->data(), packed->size()) : makeNull(env); };
  });
}

napi_value toValue(napi_env env, const RewrittenTableFile& rewritten) {
  napi_value result = makeObject(env);
  setNumber(env, result, "entries", rewritten.entries);
  setNumber(env, result, "deleted", rewritten.deleted);
  setProperty(env, result, "gaps", makeArray(env, rewritten.gaps, [env](const TableFileWalk::Gap& gap) {
    napi_value item = makeObject(env);
    setBytes(env, item, "after", gap.after);
    setBytes(env, item, "before", gap.before);
    setProperty(env, item, "message", makeString(env, gap.message));
    return item;
  }));
  setProperty(env, result, "records", makeArray(env, rewritten.records, [env](const auto& record) {
    napi_value item = makeObject(env);
    setBytes(env, item, "key", record.first);
    setBytes(env, item, "value", record.second);
    return item;
  }));
  return result;
}

// rewriteTableFile(source, target, newer, deletions): Promise<{ entries, deleted, gaps, records }>. `deletions`,
// packed, are those of all files.
napi_value rewriteTableFile(const Arguments& arguments) {
  const std::string source = arguments.string(0, "source");
  const std::string target = arguments.string(1, "target");
  const std::string newer = arguments.string(2, "newer");
  const auto deletions = std::make_shared<std::vector<RangeDeletion>>(
      unpackRangeDeletions(arguments.bytes(3, "deletions").view(), "deletions"));
  return startOperation(arguments.env(), source, Duration::kLengthy, [=]() -> Finish {
    const auto rewritten =
        std::make_shared<RewrittenTableFile>(shale::rewriteTableFile(source, target, newer, *deletions));
    return [rewritten](napi_env env) { return toValue(env, *rewritten); };
  });
}

}  // namespace

void exportTableFiles(napi_env env, napi_value exports) {
  exportFunction<checkTableFile>(env, exports, "checkTableFile");
  exportFunction<tableFileDeletions>(env, exports, "tableFileDeletions");
  exportFunction<rewriteTableFile>(env, exports, "rewriteTableFile");
}

}  // namespace shale

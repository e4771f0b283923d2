#include "recovery/saved_log.h"

#include <filesystem>
#include <system_error>

#include "core/errors.h"
#include "core/format.h"
#include "core/json.h"
#include "recovery/batch_reader.h"
#include "recovery/log_file_writer.h"
#include "recovery/stored_deletions.h"

namespace shale {

namespace {

constexpr size_t kMostDamages = 64;

void addRun(SavedLog& saved, uint64_t first, uint64_t count) {
  if (count == 0) return;
  const uint64_t last = first + count - 1;
  if (!saved.runs.empty() && saved.runs.back().last + 1 == first) saved.runs.back().last = last;
  else saved.runs.push_back({first, last});
}

void addDamage(SavedLog& saved, uint64_t offset, uint64_t bytes, DamageKind kind) {
  if (saved.damages.size() < kMostDamages) saved.damages.push_back({offset, bytes, kind});
}

// What is compressed, or of a kind that is not known here, RocksDB may know: it gets the file as it is.
void copyWhole(const std::string& source, const std::string& target) {
  std::error_code error;
  std::filesystem::remove(target, error);
  std::filesystem::copy_file(source, target, error);
  if (error) throwSystemError("Cannot copy to", target, error.value());
}

}  // namespace

SavedLog saveLog(const std::string& source, const std::string& target, uint64_t number) {
  SavedLog saved;
  LogReader reader(source, number, true);
  LogFileWriter writer(target);
  for (;;) {
    const LogReader::Found found = reader.next();
    if (found == LogReader::Found::kEnd) break;
    if (found == LogReader::Found::kDamage) {
      addDamage(saved, reader.damageStart(), reader.damageEnd() - reader.damageStart(), reader.damage());
      continue;
    }
    if (reader.compressed()) {
      saved.records++;
      continue;
    }
    const std::string& record = reader.record();
    uint64_t count = 0;
    const bool known = readBatch(record, [&](const BatchRecord& part) {
      if (part.kind == BatchRecord::Kind::kRangeDeletion) {
        packRangeDeletion({std::string(part.key), std::string(part.value), loadU64LE(record.data()) + count},
                          &saved.deletions);
      }
      count++;
    });
    // What is not known here RocksDB may know.
    if (!known && record.size() < kBatchHeader) {
      addDamage(saved, reader.recordStart(), reader.recordEnd() - reader.recordStart(), DamageKind::kLength);
      continue;
    }
    addRun(saved, loadU64LE(record.data()), loadU32LE(record.data() + 8));
    saved.records++;
    writer.append(record);
  }
  writer.finish();
  saved.bytes = reader.fileSize();
  saved.compressed = reader.compressed() || reader.unknownType();
  if (saved.compressed) copyWhole(source, target);
  return saved;
}

std::string SavedLog::report() const {
  Json json;
  json.open('{').key("bytes").number(bytes).key("records").number(records);
  json.key("compressed").boolean(compressed).key("runs").open('[');
  for (const Run& run : runs) json.open('[').wide(run.first).wide(run.last).close(']');
  json.close(']').key("damages").open('[');
  for (const Damage& damage : damages) {
    json.open('{').key("offset").number(damage.offset).key("bytes").number(damage.bytes);
    json.key("kind").string(nameOf(damage.kind)).close('}');
  }
  json.close(']').close('}');
  return json.text();
}

}  // namespace shale

#include "recovery/log_scan.h"

#include <algorithm>
#include <utility>

#include "core/directories.h"
#include "core/errors.h"
#include "core/format.h"
#include "recovery/batch_reader.h"

namespace shale {

namespace {

constexpr size_t kMostDamages = 64;

// Follows the sequences from record to record the way RocksDB replays them: up to the first damage, and beyond it only
// if a later file begins with the very sequence that is to come.
class Scanner {
 public:
  Scanner(const std::string& directory, const ScanRules& rules) : directory_(directory), rules_(rules) {}

  void scan(LogFile file) {
    std::optional<LogReader> reader;
    try {
      reader.emplace(directory_ + "/" + file.name, file.number, rules_.writer != LogWriter::kShale);
    } catch (const DatabaseError& error) {
      if (error.code == "ROCKSDB_NOT_FOUND") return;  // a writer has just deleted it
      throw;
    }
    broken_ = false;
    inDamage_ = false;
    first_ = true;
    garbled_ = false;
    for (;;) {
      const LogReader::Found found = reader->next();
      if (found == LogReader::Found::kEnd) break;
      if (found == LogReader::Found::kRecord) {
        record(*reader, file);
        inDamage_ = false;
      } else {
        damage(*reader, file);
      }
    }
    if (reader->compressed() || garbled_) unexamined(file, Unexamined::kCompressed);
    else if (reader->unknownType()) unexamined(file, Unexamined::kRecordType);
    if (!reader->searchedAll()) {
      file.unsearched = true;
      unexamined(file, Unexamined::kSearch);
    }
    oldest_ = false;
    file.bytes = reader->fileSize();
    result_.files.push_back(std::move(file));
  }

  LogScan finish() {
    if (next_) result_.last = *next_ - 1;
    return std::move(result_);
  }

 private:
  void record(const LogReader& reader, LogFile& file) {
    // Behind damage, whole and yet no batch: what says that the file is compressed was damaged.
    garbled_ = garbled_ || (broken_ && rules_.writer != LogWriter::kShale &&
                            shapeOf(reader.record()) == BatchShape::kUnknown);
    if (reader.compressed() || garbled_) {
      unreadable(reader, file);
      return;
    }
    const std::string& head = reader.record();
    if (head.size() < kBatchHeader) {
      add({file.name, reader.recordStart(), reader.recordEnd() - reader.recordStart(), DamageKind::kLength,
           next_.value_or(0), 0, false});
      stop();
      return;
    }
    const uint64_t sequence = loadU64LE(head.data());
    const uint64_t count = loadU32LE(head.data() + 8);
    const bool first = std::exchange(first_, false);
    if (!broken_) {
      const bool fits = follows(sequence, first) || jumps(sequence, first, file) || overlaps(sequence, first);
      if (fits && (!stopped_ || first)) {
        if (rules_.writer != LogWriter::kShale) look(reader, file, sequence);
        if (stopped_) resume();
        // Where the damage that was stopped at is harmless, RocksDB goes on as well.
        stopped_ = false;
        accept(reader, file, sequence, count);
        return;
      }
      if (!stopped_) {
        // Not damage in itself to RocksDB: it would take this record in.
        const uint64_t expected = next_.value_or(rules_.upTo.value_or(0) + 1);
        add({file.name, reader.recordStart(), 0, sequence > expected ? DamageKind::kGap : DamageKind::kRepeated, expected,
             sequence, false});
        stop();
      }
      broken_ = true;
    }
    file.unused++;
    // Not what only looks like a record: entries may hold anything.
    if (sequence < next_.value_or(0)) return;
    file.beyondRecords++;
    file.beyondEntries += count;
  }

  // It may be of any number. What is torn off at its end RocksDB sees itself.
  void unreadable(const LogReader& reader, LogFile& file) {
    next_.reset();
    start_ = 0;
    blind_ = true;
    if (broken_) {
      file.unused++;
      file.beyondRecords++;
    } else {
      file.records++;
      file.keptEnd = reader.recordEnd();
    }
  }

  void unexamined(const LogFile& file, Unexamined reason) { result_.unexamined.push_back({file.name, reason}); }

  // Numbers are missing before it by rights.
  bool jumps(uint64_t sequence, bool firstOfFile, const LogFile& file) {
    if (rules_.writer == LogWriter::kShale || stopped_) return false;
    const uint64_t before = next_ ? *next_ - 1 : rules_.upTo.value_or(0);
    if (sequence <= before + 1 || before < rules_.promised) return false;
    if (!firstOfFile) return true;
    if (rules_.writer == LogWriter::kUnknown && !oldest_) return false;
    unexamined(file, Unexamined::kJump);
    return true;
  }

  // As no damage makes it: that repeats a record whole.
  bool overlaps(uint64_t sequence, bool firstOfFile) const {
    return rules_.writer != LogWriter::kShale && !firstOfFile && next_ && sequence > start_ && sequence < *next_;
  }

  void look(const LogReader& reader, const LogFile& file, uint64_t sequence) {
    if (result_.obstacle) return;
    const BatchShape shape = shapeOf(reader.record());
    const bool overlaps = next_ && sequence < *next_ && sequence > start_;
    if (shape == BatchShape::kPlain && !overlaps) return;
    result_.obstacle = Obstacle{file.name, reader.recordStart(), shape, overlaps};
  }

  bool follows(uint64_t sequence, bool firstOfFile) const {
    if (!next_) return blind_ || !rules_.upTo || sequence <= *rules_.upTo + 1;
    if (sequence == *next_) return true;
    // A write that failed when it was in the log already, and was followed by a new file.
    return firstOfFile && sequence == start_;
  }

  void accept(const LogReader& reader, LogFile& file, uint64_t sequence, uint64_t count) {
    if (file.records == 0) file.first = sequence;
    file.records++;
    file.entries += count;
    start_ = sequence;
    next_ = sequence + count;
    file.last = *next_ - 1;
    file.keptEnd = reader.recordEnd();
  }

  void damage(const LogReader& reader, const LogFile& file) {
    const DamageKind kind = reader.damage();
    stop();
    if (inDamage_) {
      // What was torn apart by it is part of it.
      if (!result_.damages.empty() && result_.damageCount <= kMostDamages) {
        LogDamage& last = result_.damages.back();
        last.bytes = reader.damageEnd() - last.offset;
      }
      return;
    }
    inDamage_ = true;
    add({file.name, reader.damageStart(), reader.damageEnd() - reader.damageStart(), kind, next_.value_or(0), 0, false});
  }

  void add(LogDamage damage) {
    if (result_.damageCount++ < kMostDamages) result_.damages.push_back(std::move(damage));
  }

  void stop() {
    stopped_ = true;
    broken_ = true;
  }

  void resume() {
    for (LogDamage& damage : result_.damages) damage.harmless = true;
  }

  const std::string directory_;
  const ScanRules rules_;
  LogScan result_;
  std::optional<uint64_t> next_;
  uint64_t start_ = 0;  // of the last record that was accepted
  bool stopped_ = false;
  bool broken_ = false;    // this file is not read on
  bool inDamage_ = false;  // nothing readable since the last damage
  bool first_ = true;
  bool oldest_ = true;  // this file is the first of all
  bool garbled_ = false;  // this file's records are no batches
  bool blind_ = false;  // the next number is not known, since records before it cannot be read
};

void see(SeenEntries& seen, uint64_t sequence) {
  if (seen.entries == 0) {
    seen.first = seen.last = sequence;
  } else {
    seen.first = std::min(seen.first, sequence);
    seen.last = std::max(seen.last, sequence);
  }
  seen.entries++;
}

// Whether a record says up to where something has been given out: sequences, or the ids of tables with a name. A larger
// value is never wrong for either.
bool isFloor(const std::string_view& key, size_t valueSize) {
  if (valueSize != kMetaValueLength) return false;
  if (key.size() == kMetaKeyLength) return key[kMetaKeyTypeAt] == kFloorKeyType;
  return key.size() == kNameCounterKeyLength && static_cast<uint8_t>(key[0]) == kNamesNamespace &&
         key[kMetaKeyTypeAt] == kNameCounterKeyType;
}

void see(SeenTables& seen, const std::string& batch, bool kept) {
  readBatch(batch, [&](const BatchRecord& record) {
    if (record.kind != BatchRecord::Kind::kPut || record.key.empty()) return;
    const bool ofLog = (static_cast<uint8_t>(record.key[0]) & 1) != 0;
    if (ofLog && record.key.size() == kLogKeyLength && record.key[kLogKeyVersionAt] == 0) {
      SeenTable& table = seen.tables[std::string(record.key.substr(0, kLogKeyPrefixLength))];
      see(kept ? table.kept : table.beyond, loadU64BE(record.key.data() + kLogKeyPrefixLength));
    } else if (!kept && !ofLog && isFloor(record.key, record.value.size())) {
      uint64_t& floor = seen.floorsBeyond[std::string(record.key)];
      floor = std::max(floor, loadU64BE(record.value.data() + 1));
    }
  });
}

}  // namespace

const char* nameOf(Unexamined reason) {
  switch (reason) {
    case Unexamined::kCompressed: return "compressed";
    case Unexamined::kRecordType: return "recordType";
    case Unexamined::kJump: return "jump";
    case Unexamined::kSearch: return "search";
  }
  return "compressed";
}

bool LogScan::isForeign() const {
  return std::any_of(unexamined.begin(), unexamined.end(), [](const UnexaminedLog& log) {
    return log.reason == Unexamined::kCompressed || log.reason == Unexamined::kRecordType;
  });
}

bool LogScan::stopped() const {
  return std::any_of(damages.begin(), damages.end(), [](const LogDamage& damage) { return !damage.harmless; });
}

uint64_t LogScan::unused() const {
  uint64_t sum = 0;
  for (const LogFile& file : files) sum += file.unused;
  return sum;
}

uint64_t LogScan::beyondRecords() const {
  uint64_t sum = 0;
  for (const LogFile& file : files) sum += file.beyondRecords;
  return sum;
}

uint64_t LogScan::beyondEntries() const {
  uint64_t sum = 0;
  for (const LogFile& file : files) sum += file.beyondEntries;
  return sum;
}

std::vector<LogFile> listLogs(const std::string& directory) {
  std::vector<LogFile> logs;
  for (const std::string& name : namesIn(directory)) {
    const size_t dot = name.find('.');
    if (dot == 0 || dot > 19 || name.substr(dot == std::string::npos ? name.size() : dot) != ".log") continue;
    if (name.find_first_not_of("0123456789") != dot) continue;
    LogFile file;
    file.number = std::stoull(name.substr(0, dot));
    file.name = name;
    logs.push_back(std::move(file));
  }
  std::sort(logs.begin(), logs.end(), [](const LogFile& a, const LogFile& b) { return a.number < b.number; });
  return logs;
}

LogScan scanLogs(const std::string& directory, uint64_t firstLog, const ScanRules& rules) {
  Scanner scanner(directory, rules);
  for (LogFile& file : listLogs(directory)) {
    if (file.number >= firstLog) scanner.scan(std::move(file));
  }
  return scanner.finish();
}

SeenTables seenTables(const std::string& directory, const LogScan& scan) {
  SeenTables seen;
  for (const LogFile& file : scan.files) {
    LogReader reader(directory + "/" + file.name, file.number, true);
    for (;;) {
      const LogReader::Found found = reader.next();
      if (found == LogReader::Found::kEnd) break;
      // What is compressed looks like anything.
      if (reader.compressed()) break;
      const std::string& record = reader.record();
      if (found == LogReader::Found::kDamage || record.size() < kBatchHeader) continue;
      const bool kept = reader.recordEnd() <= file.keptEnd;
      if (kept || loadU64LE(record.data()) > scan.last.value_or(0)) see(seen, record, kept);
    }
  }
  return seen;
}

}  // namespace shale

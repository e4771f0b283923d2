// Stands for CeresDB / Apache HoraeDB in the compatibility test: a WAL of one instance in a RocksDB directory, written
// and read by nothing but RocksDB with its default options and the layout of docs/format.md. It shares no code with
// Shale, so that a mistake in Shale's encoders cannot hide by being made twice.
//
//   horae-wal write <directory>                             does what standard input says, one step a line (see below)
//   horae-wal read  <directory>                             prints everything that is there, in the order of the keys
//   horae-wal trim  <directory> <region> <table> <sequence> deletes up to the sequence, inclusive
//
// Steps, and the lines that `read` prints (the first three; bytes are hexadecimal digits, or - for none):
//
//   log <region> <table> <sequence> <payload>    an entry
//   floor <table> <sequence>                     a meta record
//   raw <key> <value>                            anything else
//   batch                                        writes what came before as one batch
//   flush                                        the same, and moves it from memory and log to a table file
//
// Errors go to standard error, and the exit code is 1.
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

constexpr char kMetaNamespace = 0;
constexpr char kLogNamespace = 1;
constexpr char kVersion = 0;
constexpr char kMaxSequenceType = 0;
constexpr size_t kLogKeyLength = 26;
constexpr size_t kMetaKeyLength = 11;
constexpr size_t kMetaValueLength = 9;

void require(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

void append_u64(std::string& bytes, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

uint64_t u64_at(const rocksdb::Slice& bytes, size_t offset) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; i++) value = value << 8 | static_cast<uint8_t>(bytes[offset + i]);
  return value;
}

std::string log_key(uint64_t region, uint64_t table, uint64_t sequence) {
  std::string key(1, kLogNamespace);
  append_u64(key, region);
  append_u64(key, table);
  append_u64(key, sequence);
  key.push_back(kVersion);
  return key;
}

std::string meta_key(uint64_t table) {
  std::string key(1, kMetaNamespace);
  key.push_back(kMaxSequenceType);
  append_u64(key, table);
  key.push_back(kVersion);
  return key;
}

std::string meta_value(uint64_t sequence) {
  std::string value(1, kVersion);
  append_u64(value, sequence);
  return value;
}

bool is_log(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  return key.size() == kLogKeyLength && key[0] == kLogNamespace && key[25] == kVersion && value.size() >= 1 &&
         value[0] == kVersion;
}

bool is_floor(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  return key.size() == kMetaKeyLength && key[0] == kMetaNamespace && key[1] == kMaxSequenceType &&
         key[10] == kVersion && value.size() == kMetaValueLength && value[0] == kVersion;
}

std::string from_hex(const std::string& text) {
  std::string bytes;
  if (text == "-") return bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string to_hex(const rocksdb::Slice& bytes) {
  if (bytes.empty()) return "-";
  std::string digits = bytes.ToString(/* hex = */ true);
  for (char& digit : digits) digit = static_cast<char>(std::tolower(digit));
  return digits;
}

std::unique_ptr<rocksdb::DB> open(const std::string& directory, bool read_only) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  require(read_only ? rocksdb::DB::OpenForReadOnly(options, directory, &db)
                    : rocksdb::DB::Open(options, directory, &db));
  return std::unique_ptr<rocksdb::DB>(db);
}

void write(const std::string& directory) {
  auto db = open(directory, false);
  rocksdb::WriteBatch batch;
  const auto commit = [&] {
    // The reference never asks for a sync.
    require(db->Write(rocksdb::WriteOptions(), &batch));
    batch.Clear();
  };
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string step;
    std::string first;
    std::string second;
    uint64_t region = 0;
    uint64_t table = 0;
    uint64_t sequence = 0;
    words >> step;
    if (step == "log") {
      words >> region >> table >> sequence >> first;
      require(batch.Put(log_key(region, table, sequence), std::string(1, kVersion) + from_hex(first)));
    } else if (step == "floor") {
      words >> table >> sequence;
      require(batch.Put(meta_key(table), meta_value(sequence)));
    } else if (step == "raw") {
      words >> first >> second;
      require(batch.Put(from_hex(first), from_hex(second)));
    } else if (step == "batch" || step == "flush") {
      commit();
      if (step == "flush") require(db->Flush(rocksdb::FlushOptions()));
    } else {
      throw std::runtime_error("no such step: " + line);
    }
    if (words.fail()) throw std::runtime_error("a word is missing or is no number: " + line);
  }
  commit();
}

void read(const std::string& directory) {
  auto db = open(directory, true);
  std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(rocksdb::ReadOptions()));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    rocksdb::Slice key = at->key();
    rocksdb::Slice value = at->value();
    if (is_log(key, value)) {
      std::cout << "log " << u64_at(key, 1) << ' ' << u64_at(key, 9) << ' ' << u64_at(key, 17) << ' ';
      value.remove_prefix(1);
      std::cout << to_hex(value) << '\n';
    } else if (is_floor(key, value)) {
      std::cout << "floor " << u64_at(key, 2) << ' ' << u64_at(value, 1) << '\n';
    } else {
      std::cout << "raw " << to_hex(key) << ' ' << to_hex(value) << '\n';
    }
  }
  require(at->status());
}

// The largest sequence a table has ever had: of its last entry or of its meta record.
uint64_t last_sequence(rocksdb::DB& db, uint64_t region, uint64_t table) {
  uint64_t last = 0;
  std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(rocksdb::ReadOptions()));
  at->SeekForPrev(log_key(region, table, UINT64_MAX));
  require(at->status());
  if (at->Valid() && at->key().size() == kLogKeyLength && at->key().compare(log_key(region, table, 0)) >= 0) {
    last = u64_at(at->key(), 17);
  }
  std::string floor;
  const rocksdb::Status found = db.Get(rocksdb::ReadOptions(), meta_key(table), &floor);
  if (!found.IsNotFound()) {
    require(found);
    last = std::max(last, u64_at(floor, 1));
  }
  return last;
}

void trim(const std::string& directory, uint64_t region, uint64_t table, uint64_t sequence) {
  auto db = open(directory, false);
  const uint64_t last = last_sequence(*db, region, table);
  const std::string upper = log_key(region, table, std::min(sequence, last));
  rocksdb::WriteBatch batch;
  require(batch.DeleteRange(log_key(region, table, 0), upper));
  require(batch.Delete(upper));
  require(batch.Put(meta_key(table), meta_value(last)));
  require(db->Write(rocksdb::WriteOptions(), &batch));
}

}  // namespace

int main(int count, char** words) {
  try {
    const std::string command = count > 1 ? words[1] : "";
    if (command == "write" && count == 3) {
      write(words[2]);
    } else if (command == "read" && count == 3) {
      read(words[2]);
    } else if (command == "trim" && count == 6) {
      trim(words[2], std::stoull(words[3]), std::stoull(words[4]), std::stoull(words[5]));
    } else {
      throw std::runtime_error("usage: horae-wal write|read <directory> | trim <directory> <region> <table> <sequence>");
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}

// Stands for a program that writes to the database with RocksDB in between, with whatever options it likes. It knows
// the layout of docs/format.md, and nothing of Shale.
//
//   foreign-writer <directory> [<options>]    does what standard input says, one step a line
//
// The options are those of RocksDB, as in `wal_compression=kZSTD;recycle_log_file_num=2`. Steps:
//
//   log <region> <table> <sequence> <payload>   an entry; bytes are hexadecimal digits
//   raw <key> <value>                           anything else
//   merge <key> <value>                         a merge operand
//   entity <key> <value>                        a wide column that has no name
//   many <region> <table> <first> <count> <bytes>   so many entries, each a write of its own
//   batch                                       writes what came before as one batch
//   logged | unlogged                           whether the writes that follow go to the log
//   flush                                       moves what is in memory to a table file
//   compact                                     moves everything to the last level
//   prepare <name> | commit <name>              a transaction in two phases (with the kind `transactions`)
//   rollback                                    gives up all transactions that were prepared
//   family <name>                               makes a column family and writes to it
//   kind plain | transactions | prepared | ttl  how to open it; the first step, if at all
//   operator | comparator                       opens it with a merge operator, or an order of keys of its own; first
//   steps ready                                       prints a line, and waits for the next step kill
//   ends the process here, with SIGKILL
//
// It closes the database at the end of the steps. Errors go to standard error, and the exit code is 1.
#include <rocksdb/comparator.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/utilities/db_ttl.h>
#include <rocksdb/utilities/transaction.h>
#include <rocksdb/utilities/transaction_db.h>
#include <rocksdb/write_batch.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

void require(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

void append_u64(std::string& bytes, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

std::string log_key(uint64_t region, uint64_t table, uint64_t sequence) {
  std::string key(1, '\1');
  append_u64(key, region);
  append_u64(key, table);
  append_u64(key, sequence);
  key.push_back('\0');
  return key;
}

std::string from_hex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

class Append : public rocksdb::AssociativeMergeOperator {
 public:
  const char* Name() const override { return "append"; }
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* existing, const rocksdb::Slice& value, std::string* result,
             rocksdb::Logger*) const override {
    *result = (existing == nullptr ? std::string() : existing->ToString()) + value.ToString();
    return true;
  }
};

class Writer {
 public:
  Writer(std::string directory, const std::string& options) : directory_(std::move(directory)) {
    rocksdb::Options base;
    base.create_if_missing = true;
    require(rocksdb::GetOptionsFromString(rocksdb::ConfigOptions(), base, options, &options_));
  }

  void step(const std::string& line) {
    std::istringstream words(line);
    std::string step;
    std::string first;
    std::string second;
    uint64_t region = 0;
    uint64_t table = 0;
    uint64_t sequence = 0;
    words >> step;
    if (step == "kind") {
      words >> kind_;
    } else if (step == "operator") {
      options_.merge_operator = std::make_shared<Append>();
    } else if (step == "comparator") {
      options_.comparator = rocksdb::ReverseBytewiseComparator();
    } else if (step == "log") {
      words >> region >> table >> sequence >> first;
      require(batch_.Put(family(), log_key(region, table, sequence), std::string(1, '\0') + from_hex(first)));
    } else if (step == "many") {
      uint64_t count = 0;
      size_t bytes = 0;
      words >> region >> table >> sequence >> count >> bytes;
      for (uint64_t i = 0; i < count; i++) {
        std::string payload(1, '\0');
        // What does not compress away to nothing.
        for (size_t at = 0; at < bytes; at++) payload.push_back(static_cast<char>((sequence + i) * 31 + at * at / 7));
        require(batch_.Put(family(), log_key(region, table, sequence + i), payload));
        commit();
      }
    } else if (step == "raw") {
      words >> first >> second;
      require(batch_.Put(family(), from_hex(first), from_hex(second)));
    } else if (step == "merge") {
      words >> first >> second;
      require(batch_.Merge(family(), from_hex(first), from_hex(second)));
    } else if (step == "entity") {
      words >> first >> second;
      require(batch_.PutEntity(family(), from_hex(first), rocksdb::WideColumns{{"", from_hex(second)}}));
    } else if (step == "batch") {
      commit();
    } else if (step == "logged" || step == "unlogged") {
      commit();
      write_.disableWAL = step == "unlogged";
    } else if (step == "flush") {
      commit();
      require(db().Flush(rocksdb::FlushOptions()));
    } else if (step == "compact") {
      commit();
      rocksdb::CompactRangeOptions options;
      options.change_level = true;
      options.target_level = options_.num_levels - 1;
      require(db().CompactRange(options, nullptr, nullptr));
    } else if (step == "prepare") {
      words >> first;
      std::unique_ptr<rocksdb::Transaction>& transaction = transactions_[first];
      db();
      transaction.reset(transactional_->BeginTransaction(write_));
      require(transaction->SetName(first));
      require(transaction->Put(log_key(1, 1, 1'000'000 + transactions_.size()), std::string(2, '\0')));
      require(transaction->Prepare());
    } else if (step == "commit") {
      words >> first;
      require(transactions_.at(first)->Commit());
    } else if (step == "rollback") {
      db();
      std::vector<rocksdb::Transaction*> prepared;
      if (transactional_ != nullptr) transactional_->GetAllPreparedTransactions(&prepared);
      for (rocksdb::Transaction* transaction : prepared) {
        require(transaction->Rollback());
        delete transaction;
      }
    } else if (step == "family") {
      words >> first;
      commit();
      require(db().CreateColumnFamily(options_, first, &family_));
    } else if (step == "ready") {
      commit();
      db();
      std::cout << "ready" << std::endl;
    } else if (step == "kill") {
      commit();
      db();
      ::kill(::getpid(), SIGKILL);
    } else {
      throw std::runtime_error("no such step: " + line);
    }
    if (words.fail()) throw std::runtime_error("a word is missing or is no number: " + line);
  }

  void close() {
    commit();
    db();
    transactions_.clear();
    if (family_ != nullptr) require(db_->DestroyColumnFamilyHandle(family_));
    // With the policy WritePrepared RocksDB holds a snapshot of its own, and refuses to be closed.
    if (kind_ != "prepared") require(db_->Close());
    db_.reset();
  }

 private:
  rocksdb::DB& db() {
    if (db_ != nullptr) return *db_;
    rocksdb::DB* raw = nullptr;
    if (kind_ == "transactions" || kind_ == "prepared") {
      rocksdb::TransactionDBOptions options;
      if (kind_ == "prepared") options.write_policy = rocksdb::TxnDBWritePolicy::WRITE_PREPARED;
      require(rocksdb::TransactionDB::Open(options_, options, directory_, &transactional_));
      raw = transactional_;
    } else if (kind_ == "ttl") {
      rocksdb::DBWithTTL* ttl = nullptr;
      require(rocksdb::DBWithTTL::Open(options_, directory_, &ttl, 1'000'000));
      raw = ttl;
    } else {
      require(rocksdb::DB::Open(options_, directory_, &raw));
    }
    db_.reset(raw);
    return *db_;
  }

  rocksdb::ColumnFamilyHandle* family() {
    return family_ == nullptr ? db().DefaultColumnFamily() : family_;
  }

  void commit() {
    if (batch_.Count() > 0) require(db().Write(write_, &batch_));
    batch_.Clear();
  }

  const std::string directory_;
  rocksdb::Options options_;
  std::string kind_ = "plain";
  rocksdb::WriteOptions write_;
  rocksdb::WriteBatch batch_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::TransactionDB* transactional_ = nullptr;
  rocksdb::ColumnFamilyHandle* family_ = nullptr;
  std::map<std::string, std::unique_ptr<rocksdb::Transaction>> transactions_;
};

}  // namespace

int main(int count, char** words) {
  try {
    if (count < 2 || count > 3) throw std::runtime_error("usage: foreign-writer <directory> [<options>]");
    Writer writer(words[1], count > 2 ? words[2] : "");
    std::string line;
    while (std::getline(std::cin, line)) writer.step(line);
    writer.close();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}

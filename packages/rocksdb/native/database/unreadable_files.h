// Table files that a compaction could not read. To RocksDB that is the end of all writing; here it is not: nothing that
// was acknowledged depends on a compaction, and the log is as sound as before. So the error is kept from RocksDB, passes
// end until the database is opened again (with them go the limits of level 0, so that no write waits for a pass that will
// not come), and the files are reported: by json(), and for others in the file UNREADABLE.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace shale {

class UnreadableFiles : public rocksdb::EventListener, public std::enable_shared_from_this<UnreadableFiles> {
 public:
  explicit UnreadableFiles(std::string directory) : directory_(std::move(directory)) {}

  const char* Name() const override { return "shale.unreadableFiles"; }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override;
  // Must be the first of the listeners that look at errors: what it keeps from RocksDB is OK for the others.
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;

  // This thread is about to compact these files, without RocksDB telling listeners about it.
  static void compacts(const std::vector<std::string>& files);
  // Whether a compaction could not read a file since attach().
  bool metDamage() const { return metDamage_; }

  // RocksDB has been opened; until detach(), which waits for its users here, it may be used.
  void attach(rocksdb::DB& db);
  void detach();

  // What has been found since the process opened the database: an array of { file, message, smallest, largest }, keys
  // in hex, empty where they are not known.
  std::string json() const;

 private:
  struct File {
    std::string message;
    std::string smallest;
    std::string largest;
  };
  struct Failure {
    std::string message;
    std::vector<std::string> inputs;
  };

  void settleSoon();
  void settle();
  void note(const Failure& failure);
  void tellOthers(const std::string& name, const File& file) const;

  const std::string directory_;
  // Before the other one, if both.
  std::mutex using_;
  rocksdb::DB* db_ = nullptr;
  std::atomic<bool> metDamage_{false};
  mutable std::mutex mutex_;
  std::vector<Failure> failures_;
  std::map<std::string, File> files_;
};

}  // namespace shale
